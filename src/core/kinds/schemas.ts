/** Pieces of JSON Schema that kinds share: of their settings in model.yaml, and of their values. */

export const said = (description: string) => ({ type: 'string', description });

export const nullable = {
  type: 'boolean',
  description: 'null, NaN or an absent field stand for a missing value (default false)',
};

export const maxLength = { type: 'integer', minimum: 1, description: 'Most characters (default 65,536)' };

/** A type of JSON Schema, and null where the field may be missing. */
export const orNull = (type: string, nullable: boolean | undefined): string | readonly string[] =>
  nullable ? [type, 'null'] : type;
