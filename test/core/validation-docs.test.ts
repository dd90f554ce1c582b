import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import type { Code } from '../../src/core/errors.ts';
import type { Field } from '../../src/core/types.ts';
import { echo } from './echo.ts';
import { check, coerce, good, MISSING, type Wish } from './validation-cases.ts';

const goodFor = (field: Field): unknown =>
  field.kind === 'category' && field.labels ? field.labels[0] : good[field.kind];

describe('docs/VALIDATION.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/VALIDATION.md'), 'utf8');
  const cell = String.raw`(\`[^\`]+\`|[A-Z_]+|missing)`;
  const line = new RegExp(String.raw`^\| \`([^\`]+)\` \| ${cell} \| ${cell} \|$`);
  const evaluate = (code: string): unknown => new Function(`return (${code})`)();
  const wishOf = (shown: string): Wish => {
    if (shown === 'missing') return { is: MISSING };
    return shown.startsWith('`') ? { is: evaluate(shown.slice(1, -1)) } : { code: shown as Code };
  };
  let lines = 0;
  for (const section of text.split('<!-- field: ').slice(1)) {
    const field = parse(section.slice(0, section.indexOf(' -->'))) as Field;
    const table = section
      .split('\n')
      .filter((one) => one.startsWith('|'))
      .slice(2);
    for (const one of table) {
      const [, value = '', strict = '', lenient = ''] = line.exec(one) ?? assert.fail(`not a line of a table: ${one}`);
      lines++;
      for (const [shown, more] of [
        [strict, {}],
        [lenient, coerce],
      ] as const)
        test(`${field.kind} ${value} is ${shown} (${'coerce' in more ? 'coerce' : 'strict'})`, async () => {
          const wish = wishOf(shown);
          if (field.kind === 'tensor') {
            const [answer] = await echo({ x: field }, more).score([{ x: evaluate(value) }]);
            assert.deepEqual(answer?.error ? { code: answer.error.code } : { is: answer?.output?.x }, wish);
          } else await check({ field, value: evaluate(value), wish, more, neighbour: goodFor(field) });
        });
    }
  }
  test('has lines that were run', () => assert.ok(lines > 60, `${lines}`));
});
