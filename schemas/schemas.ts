import { modelSchema } from '../src/package/model-schema.ts';
import { projectSchema } from '../src/project/project-schema.ts';

const textOf = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

/** The published JSON Schemas, by the name of their file. */
export const schemas: Readonly<Record<string, string>> = {
  'model.schema.json': textOf(modelSchema),
  'millrace.schema.json': textOf(projectSchema),
};
