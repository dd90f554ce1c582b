import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codes } from '../src/core/errors.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The files of each stage, from `src/core` on. */
const stages: Readonly<Record<string, readonly string[]>> = {
  route: ['../serving/route.ts', '../serving/live.ts', '../modes/service/models.ts'],
  validate: [
    'signature.ts',
    'field-names.ts',
    'field-reader.ts',
    'table-rows.ts',
    'field.ts',
    'elements.ts',
    ...readdirSync(join(root, 'src/core/kinds')).map((file) => `kinds/${file}`),
  ],
  prepare: [
    'prepare.ts',
    'transform.ts',
    'applied-transform.ts',
    'transform-problem.ts',
    'bind.ts',
    ...readdirSync(join(root, 'src/core/steps')).map((file) => `steps/${file}`),
  ],
  run: ['run.ts', 'run-pieces.ts', 'run-by-shape.ts', 'model-problem.ts'],
  finish: ['finish.ts', 'finisher.ts', 'pipeline.ts', 'scorer.ts'],
};
/** Codes that refuse a package when it is loaded, or a call as a whole, or tell of a store; no row leaves by them. */
const notOfRows = new Set(['BAD_MANIFEST', 'BAD_MODEL', 'INTERNAL', 'STORE_FAILED']);

const documented = (): Readonly<Record<string, readonly string[]>> => {
  const table = read('docs/LIFECYCLE.md').split('<!-- exits')[1]?.split('<!-- end -->')[0] ?? '';
  const rows = [...table.matchAll(/^\| (\w+) \| ([A-Z_, ]+) \|$/gm)];
  return Object.fromEntries(rows.map(([, stage, list]) => [stage, list.split(', ').sort()]));
};

const raised = (stage: string): readonly string[] => {
  const text = stages[stage].map((file) => read(`src/core/${file}`)).join('\n');
  const found = [...text.matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)].map(([, code]) => code);
  return [...new Set(found)].filter((code) => Object.hasOwn(codes, code) && !notOfRows.has(code)).sort();
};

describe('docs/LIFECYCLE.md', () => {
  for (const stage of Object.keys(stages)) {
    it(`lists every exit of ${stage}, and no other`, () => {
      assert.deepEqual(documented()[stage], raised(stage));
    });
  }

  it('names files that exist', () => {
    for (const [, path] of read('docs/LIFECYCLE.md').matchAll(/`((?:src|docs|test)\/[\w./-]+)`/g)) {
      assert.doesNotThrow(
        () => readdirSync(join(root, path.endsWith('/') || !path.includes('.') ? path : join(path, '..'))),
        path,
      );
      if (path.includes('.')) assert.ok(read(path).length > 0, path);
    }
  });
});
