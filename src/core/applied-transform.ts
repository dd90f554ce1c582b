/** A transform module as the pipeline applies it. Few packages have one, so that who has none does not load it. */
import type { Batch } from './columns.ts';
import { type Finish, finisher } from './finisher.ts';
import type { Signature } from './signature.ts';
import { preparer } from './transform.ts';
import type { Fields, Transform } from './types.ts';

export interface AppliedTransform {
  /** Adds to a batch of these fields what `prepare` makes of its rows. */
  readonly prepare?: (fields: Fields) => (batch: Batch) => void;
  /** Makes answers of these fields out of the graph's. */
  readonly finish?: (signature: Signature) => Finish;
}

export const applied = ({ prepare, finish }: Transform): AppliedTransform => ({
  ...(prepare && { prepare: (fields) => preparer(prepare, fields) }),
  ...(finish && { finish: (signature) => finisher(finish, signature) }),
});
