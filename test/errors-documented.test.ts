import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codes } from '../src/core/errors.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'ERRORS.md'), 'utf8');
const sections = page.split(/^## /m).slice(1);
const headings = sections.map((section) => section.slice(0, section.indexOf('\n')));

test('every code has a section in docs/ERRORS.md', () => {
  assert.deepEqual(
    Object.keys(codes).filter((code) => !headings.includes(code)),
    [],
  );
});

test('every section of docs/ERRORS.md is about a code that exists', () => {
  assert.deepEqual(
    headings.filter((heading) => !Object.hasOwn(codes, heading)),
    [],
  );
});

test('no code has two sections, and each says more than its name', () => {
  assert.deepEqual(
    headings.filter((heading, index) => headings.indexOf(heading) !== index),
    [],
  );
  for (const section of sections) assert.match(section, /^\w+\n\n[^\n]{40,}/);
});
