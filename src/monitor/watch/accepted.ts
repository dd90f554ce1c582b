/** What somebody has said to be the new normal: from then on windows of that package are compared with it. */
import type { Sql } from '../../store/sql.ts';
import type { TimeSpan } from '../alerts/finding.ts';
import type { ProfiledWindow } from '../drift/baseline.ts';
import { readContent } from '../profiles/counted.ts';

export interface Accepted {
  readonly seq: number;
  readonly deployment: string;
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly by: string;
  readonly why: string;
  /** Whose rows are the new normal. */
  readonly window: TimeSpan;
  readonly profile: ProfiledWindow;
}

export interface AcceptedProfiles {
  add(accepted: Omit<Accepted, 'seq'>): Promise<Accepted>;
  /** The last one of a package; undefined where there is none. */
  last(deployment: string, digest: string): Promise<Accepted | undefined>;
  /** All of a deployment, the last first. */
  history(deployment: string): Promise<readonly Accepted[]>;
}

export const openAccepted = ({ db }: Sql): AcceptedProfiles => {
  const history = async (deployment: string): Promise<readonly Accepted[]> => {
    const query = db.selectFrom('accepted').selectAll().where('deployment', '=', deployment);
    const rows = await query.orderBy('seq', 'desc').execute();
    return rows.map(({ seq, digest, at, by_whom: by, why, window_from: from, window_to: to, profile }) => ({
      seq: Number(seq),
      deployment,
      digest,
      at,
      by,
      why,
      window: { from, to },
      profile: { rows: JSON.parse(profile).rows, ...readContent(profile) },
    }));
  };
  return {
    async add(accepted) {
      const { deployment, digest, at, by, why, window, profile } = accepted;
      const row = { deployment, digest, at, by_whom: by, why, window_from: window.from, window_to: window.to };
      const { seq } = await db
        .insertInto('accepted')
        .values({ ...row, profile: JSON.stringify(profile) })
        .returning('seq')
        .executeTakeFirstOrThrow();
      return { ...accepted, seq: Number(seq) };
    },
    history,
    last: async (deployment, digest) => (await history(deployment)).find((one) => one.digest === digest),
  };
};
