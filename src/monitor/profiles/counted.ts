/** What was counted of rows, whatever answered them and when: in the store, on its way there, and as windows are made of it. */
import { merge, type Profile, readProfile } from '../profile/profile.ts';
import { mergeTraffic, type Traffic } from '../profile/traffic.ts';

export interface Counted {
  readonly rows: number;
  /** Those of them that were refused. */
  readonly refused: number;
  readonly inputs: Profile;
  readonly outputs: Profile;
  readonly traffic?: Traffic | undefined;
}

/** What both counted together: the same in any order, to the last bit. All else is as the first has it. */
export const together = <Span extends Counted>(a: Span, b: Counted): Span => ({
  ...a,
  rows: a.rows + b.rows,
  refused: a.refused + b.refused,
  inputs: merge(a.inputs, b.inputs),
  outputs: merge(a.outputs, b.outputs),
  traffic: mergeTraffic(a.traffic, b.traffic),
});

/** As a row of the store has it. */
interface StoredCounts {
  readonly row_count: number;
  readonly refused: number;
  readonly profile: string;
  readonly traffic: string | null;
}

export const writeCounted = ({ rows, refused, inputs, outputs, traffic }: Counted): StoredCounts => ({
  row_count: rows,
  refused,
  profile: JSON.stringify({ inputs, outputs }),
  traffic: traffic === undefined ? null : JSON.stringify(traffic),
});

/** Of the text that a profile is stored as. */
export const readContent = (profile: string): Pick<Counted, 'inputs' | 'outputs'> => {
  const { inputs, outputs } = JSON.parse(profile);
  return { inputs: readProfile(inputs), outputs: readProfile(outputs) };
};

export const readTraffic = (traffic: string | null): Traffic | undefined =>
  traffic === null ? undefined : JSON.parse(traffic);

export const readCounted = ({ row_count, refused, profile, traffic }: StoredCounts): Counted => ({
  rows: row_count,
  refused,
  ...readContent(profile),
  traffic: readTraffic(traffic),
});
