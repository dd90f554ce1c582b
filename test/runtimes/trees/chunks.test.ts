/** A browser loads the operators that a graph has, so what each chunk has is told before it is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyOperator } from '../../../src/runtimes/trees/operators/every.ts';
import { chunks, loadOperators } from '../../../src/runtimes/trees/operators/index.ts';
import { seldom } from '../../../src/runtimes/trees/operators/seldom.ts';

test('a chunk of operators has those that it names, and no other', async () => {
  for (const { names, load } of [...chunks, ...seldom])
    assert.deepEqual(names.split(/\s+/).sort(), Object.keys(await load()).sort());
});

test('a graph of every operator gets them all, and one of trees nothing but trees', async () => {
  assert.deepEqual(await loadOperators(Object.keys(everyOperator)), everyOperator);
  const names = ['ml:TreeEnsembleRegressor', 'Identity', 'Unheard'];
  assert.deepEqual(Object.keys(await loadOperators(names)).sort(), ['Identity', 'ml:TreeEnsembleRegressor']);
});
