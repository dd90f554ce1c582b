/** One change of the schema, in words that both databases understand. */

/** The words in which the two databases differ. */
export interface Words {
  /** A primary key that counts up by itself. */
  readonly id: string;
  /** A whole number of up to 2^53 - 1. */
  readonly integer: string;
  readonly bytes: string;
  /** Statements after which rows of this table can be added, but not changed or removed. */
  readonly appendOnly: (table: string) => readonly string[];
  /** Statements after which other columns of a table are unique together. All its columns but the `id`, as they were made, are told. */
  readonly rekey: (table: string, columns: readonly string[], keys: Rekeyed) => readonly string[];
}

/** Columns that were unique together, and those that shall be. */
export interface Rekeyed {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** One change of the schema. Its name stands in the database once it has run, so it never changes after a release. */
export interface Migration {
  readonly name: string;
  readonly statements: (words: Words) => readonly string[];
}
