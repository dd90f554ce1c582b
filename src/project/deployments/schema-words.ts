/** JSON Schemas that settings of deployments have in common. */
import { DURATION_PATTERN } from '../../core/duration.ts';

export const text = (description: string) => ({ description, type: 'string', minLength: 1 });
export const oneOrMore = (description: string, what: string) => ({
  description,
  oneOf: [
    { type: 'string', minLength: 1, description: what },
    { type: 'array', minItems: 1, uniqueItems: true, items: text(what) },
  ],
});
export const duration = (description: string, otherwise: string) => ({
  description: `a duration such as 250ms, 10s or 2h: ${description}; ${otherwise} unless given`,
  type: 'string',
  pattern: DURATION_PATTERN,
});
