/** The report of a deployment, out of all that is known of how it stands. */
import type { Standing } from '../watch/standing.ts';
import { monitorPage } from './page.ts';

/** As one HTML page. @throws BAD_PROJECT for a deployment that is not watched */
export const reportOn = async (
  standing: Pick<Standing, 'show' | 'distributions'>,
  deployment: string,
  since: Date,
  now: Date,
): Promise<string> => {
  const shown = await standing.show(deployment, since);
  const distributions = shown.last === undefined ? [] : await standing.distributions(shown.last);
  return monitorPage({ shown, distributions, now });
};
