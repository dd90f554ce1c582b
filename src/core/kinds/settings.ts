/** JSON Schema of settings that several kinds have in model.yaml. */

export const said = (description: string) => ({ type: 'string', description });

export const nullable = {
  type: 'boolean',
  description: 'null, NaN or an absent field stand for a missing value (default false)',
};

export const maxLength = { type: 'integer', minimum: 1, description: 'Most characters (default 65,536)' };
