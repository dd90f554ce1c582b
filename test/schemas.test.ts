import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemas } from '../schemas/schemas.ts';

for (const [file, text] of Object.entries(schemas)) {
  test(`${file} is what Millrace itself checks with (else: npm run schemas)`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, '..', 'schemas', file), 'utf8'), text);
  });
}
