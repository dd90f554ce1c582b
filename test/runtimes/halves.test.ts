import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createScorer } from '../../src/core/scorer.ts';
import { answeredIn } from '../../src/runtimes/half-rounding.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { onnxFormat } from '../../src/runtimes/onnx-format.ts';

const folder = join(import.meta.dirname, '../fixtures/halves');
type Answers = Readonly<Record<string, { readonly x: readonly number[][]; readonly y: readonly number[][] }>>;
const answers: Answers = JSON.parse(await readFile(join(folder, 'answers.json'), 'utf8'));

test('what a graph answers is a number of its dtype, however ONNX Runtime has computed it', () => {
  const [half, brain] = [answeredIn('float16'), answeredIn('bfloat16')];
  const all = [0.5670803189277649, 65519, -65520, Infinity, -0, 2 ** -26];
  assert.deepEqual(all.map(half), [0.56689453125, 65504, -Infinity, Infinity, -0, 0]);
  assert.deepEqual([half(Number.NaN), brain(1.01), brain(3.4e38)], [Number.NaN, 1.0078125, Infinity]);
});

describe("PyTorch's modules of 16 bits", () => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    test(`${dtype} answers what PyTorch answers, to a digit of its own`, async (t) => {
      const file = await readFile(join(folder, `${dtype}.onnx`));
      const { x, y } = answers[dtype];
      const scorer = createScorer({
        manifest: {
          name: 'm',
          version: '1.0.0',
          runtime: 'onnx',
          inputs: { x: { kind: 'tensor', dtype, shape: [4] } },
          outputs: { y: { kind: 'tensor', dtype, shape: [3] } },
        },
        digest: 'sha256:0',
        session: await openOnnxNode(file),
      });
      t.after(() => scorer.close());
      const scored = await scorer.score(x.map((row) => ({ x: row })));
      const digit = dtype === 'float16' ? 2 ** -10 : 2 ** -7;
      for (const [row, { output }] of scored.entries())
        for (const [at, value] of ((output?.y ?? []) as readonly number[]).entries())
          assert.ok(
            Math.abs(value - y[row][at]) <= digit * Math.max(1, Math.abs(y[row][at])),
            `${value} ${y[row][at]}`,
          );
    });

    test(`init drafts ${dtype} as the graph has it`, async () => {
      const draft = onnxFormat(undefined).draft(await readFile(join(folder, `${dtype}.onnx`)), {
        name: 'm',
        model: 'model.onnx',
      });
      assert.match(draft, new RegExp(`concat: { fields: .*dtype: ${dtype} }`));
      assert.match(draft, /y_2: { kind: number, from: "y", at: 2 }/);
      assert.match(draft, /^tolerance: { atol: 0\.0+1, rtol: 0\.0+1 }/m);
    });
  }
});
