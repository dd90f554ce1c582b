/** What can be looked at of a watched deployment beside its judgement: how its fields were distributed, and what a rule would have raised. */
import { joinWindows } from '../monitor/drift/strata.ts';
import { readReference } from '../monitor/profile/reference.ts';
import { type Profiles, SPAN_MS } from '../monitor/profiles/profiles.ts';
import type { ServiceObjective } from '../monitor/slo/objectives.ts';
import type { AcceptedProfiles } from '../monitor/watch/accepted.ts';
import { distributionsOf } from '../monitor/watch/distribution.ts';
import { rehearseWatch } from '../monitor/watch/rehearse.ts';
import type { Standing } from '../monitor/watch/standing.ts';
import type { WatchOptions, WatchWorld } from '../monitor/watch/watch.ts';
import { findAnswerer } from '../resources/answerer.ts';
import type { Resources } from '../resources/resources.ts';
import { judgedProfiles } from './judged-profiles.ts';
import { openRehearsedPerformance } from './performance-rehearsal.ts';

export interface LookOptions {
  readonly profiles: Profiles;
  readonly accepted: AcceptedProfiles;
  readonly repeatsIn: (deployment: string) => NonNullable<WatchWorld['repeatsIn']>;
  /** What a deployment promises. */
  readonly objectivesOf: (deployment: string) => readonly ServiceObjective[];
  /** How a deployment is watched. @throws BAD_PROJECT for one that is not */
  readonly optionsOf: (deployment: string) => Omit<WatchOptions, 'hearers'>;
}

export const openLooks = (
  resources: Resources,
  { profiles, accepted, optionsOf, objectivesOf, repeatsIn }: LookOptions,
): Pick<Standing, 'rehearse' | 'distributions'> => ({
  rehearse: (deployment, since, other = {}) => {
    const referenceOf = async (served: { readonly model: string; readonly digest: string }) =>
      readReference((await findAnswerer(resources, { deployment, ...served }))?.files.get('profile.json'));
    const options = { ...optionsOf(deployment), ...other, objectives: objectivesOf(deployment) };
    const world = {
      profiles: judgedProfiles(resources, profiles),
      accepted,
      referenceOf,
      repeatsIn: repeatsIn(deployment),
      openPerformance: openRehearsedPerformance(resources, options),
    };
    return rehearseWatch(options, world, since, resources.clock());
  },
  async distributions({ deployment, model, window: { from, to }, seen: { digest } }) {
    const { window } = optionsOf(deployment);
    const found = await findAnswerer(resources, { deployment, model, digest });
    const reference = readReference(found?.files.get('profile.json'));
    if (found === undefined || reference === undefined) return [];
    const spans = await profiles.windows(deployment, new Date(from), new Date(to), SPAN_MS[window]);
    const own = joinWindows(spans.filter((one) => one.digest === digest));
    const normal = await accepted.last(deployment, digest);
    return distributionsOf(own, { fields: found.manifest, reference, normal: normal?.profile });
  },
});
