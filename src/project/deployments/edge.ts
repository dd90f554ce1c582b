/** The settings of `mode: edge` in millrace.yaml. */

export interface EdgeSettings {
  readonly mode: 'edge';
  readonly model: string;
  readonly [setting: string]: unknown;
}

export const edgeDeployment = {
  required: ['model'],
  properties: {
    mode: { const: 'edge' },
    model: {
      description: 'Which model: name@version, name@environment, name@sha256:… or a path',
      type: 'string',
      minLength: 1,
    },
  },
} as const;
