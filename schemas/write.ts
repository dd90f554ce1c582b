/** `npm run schemas`: writes the JSON Schemas that editors read, from those that Millrace itself checks with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemas } from './schemas.ts';

for (const [file, text] of Object.entries(schemas)) writeFileSync(join(import.meta.dirname, file), text);
