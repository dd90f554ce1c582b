import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MillraceError } from '../../src/core/errors.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx } from './onnx-builder.ts';

describe('a graph that needs a locale', () => {
  test('that the machine lacks says which, for which node, and how it comes there', async () => {
    const graph = buildOnnx({
      inputs: [{ name: 'x', dtype: 'string', dims: ['rows'] }],
      outputs: [{ name: 'y', dtype: 'string', dims: ['rows'] }],
      nodes: [
        {
          op: 'StringNormalizer',
          inputs: ['x'],
          outputs: ['y'],
          attributes: { case_change_action: 'LOWER', locale: 'tlh_QO' },
        },
      ],
    });
    await assert.rejects(openOnnxNode(graph), (error: MillraceError) => {
      assert.equal(error.problem.code, 'BAD_MODEL');
      assert.match(error.message, /needs the locale tlh_QO/);
      assert.match(error.message, /the StringNormalizer node that gives y/);
      assert.match(error.message, /localedef -i tlh_QO -f UTF-8 tlh_QO/);
      assert.equal(error.problem.expected, 'the locale tlh_QO on this machine');
      return true;
    });
  });
});
