/** JSON Schemas that settings of gates are made of. */

export const text = (description: string) => ({ description, type: 'string', minLength: 1 });

export const object = (description: string, properties: object) => ({
  description,
  type: 'object',
  additionalProperties: false,
  properties,
});

export const whole = (description: string, minimum: number) => ({ description, type: 'integer', minimum });

export const share = (description: string, maximum = 10) => ({ description, type: 'number', minimum: 0, maximum });
