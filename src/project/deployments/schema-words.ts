/** JSON Schemas that settings of deployments have in common. */

export const text = (description: string) => ({ description, type: 'string', minLength: 1 });
export const oneOrMore = (description: string, what: string) => ({
  description,
  oneOf: [
    { type: 'string', minLength: 1, description: what },
    { type: 'array', minItems: 1, uniqueItems: true, items: text(what) },
  ],
});
