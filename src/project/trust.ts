/** `trust:`: whose signatures environments with the gate `signed` take. */

export const trust = {
  description: 'Who may sign packages, by name: for environments with the gate signed',
  type: 'object',
  maxProperties: 100,
  propertyNames: { $ref: '#/$defs/name' },
  additionalProperties: {
    description: 'The file of a public key (millrace keys signing), from the folder of millrace.yaml',
    type: 'string',
    minLength: 1,
  },
};
