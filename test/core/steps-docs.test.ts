import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { stepKinds } from '../../src/core/steps/index.ts';
import type { StepConfig } from '../../src/core/types.ts';
import { prepared } from './prepared.ts';
import { number, text, time } from './steps-cases.ts';

describe('docs/STEPS.md', () => {
  const rows = readFileSync(join(import.meta.dirname, '../../docs/STEPS.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [a-z0-9]+ \|/.test(line))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([name]) => name !== 'step');
  test('has a line for every step, and for no other', () => {
    assert.deepEqual(rows.map(([name]) => name).sort(), Object.keys(stepKinds).sort());
  });
  for (const [name = '', settings = '', , , example = ''] of rows) {
    test(`${name}: its settings are those of the code`, () => {
      const { properties = {}, required = [] } = (stepKinds[name] ?? assert.fail(name)).schema as {
        properties?: object;
        required?: readonly string[];
      };
      const shown = Object.keys(properties).map((key) => (required.includes(key) ? key : `${key}?`));
      assert.deepEqual(settings.split(', ').sort(), shown.sort());
    });
    test(`${name}: its example is true`, async () => {
      const [, step = '', given = '', is = ''] = /^`(.+)` of `(.+)` is `(.+)`$/.exec(example) ?? assert.fail(example);
      const isText = is.startsWith('"');
      const scorer = prepared({
        inputs: {
          a: text,
          b: text,
          n: number,
          m: number,
          at: time,
          from: time,
          photo: { kind: 'image', nullable: true },
        },
        prepare: [parse(step) as StepConfig],
        takes: [
          is.startsWith('[')
            ? { name: 'y', dtype: 'float32', dims: [2] }
            : { name: 'y', dtype: isText ? 'string' : 'float64' },
        ],
      });
      assert.deepEqual(await scorer.score([parse(given)]), [{ output: { y: parse(is) } }]);
    });
  }
});
