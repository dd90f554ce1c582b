import type { Migration } from '../migration.ts';

/** Who has signed a package: beside it, as its digest is the same with signatures and without. */
export const signatureTable: Migration = {
  name: 'signatures of packages',
  statements: ({ id, appendOnly }) => [
    `create table signatures (
      id ${id},
      digest text not null,
      envelope text not null,
      unique (digest, envelope)
    )`,
    ...appendOnly('signatures'),
  ],
};
