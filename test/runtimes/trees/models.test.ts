import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { folders, foreign, graphOf, holdGraph, holdTreeFile, treeFiles } from './held-models.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** `npm run check:bits` asks 100,000. */
const ROWS = 2000;
const FEW = 200;

assert.ok(folders.length > 18 && treeFiles.length > 77, 'the models are found');

describe('the own runtime answers as onnxruntime-node, bit for bit', () => {
  for (const folder of folders) {
    const reason = foreign[folder];
    if (reason)
      test(`${folder} is ONNX Runtime's`, () => {
        const own = openTabular(graphOf(folder));
        assert.ok(own instanceof Unusual && reason.test(own.message));
      });
    else
      test(folder, async () => {
        assert.ok(existsSync(join(root, folder, 'model.yaml')));
        const answered = await holdGraph(folder, ROWS, FEW);
        assert.ok(answered > ROWS, `${answered} rows were answered`);
      });
  }
});

describe('a library’s own file answers hostile rows with the same bits in batches of any size', () => {
  for (const path of treeFiles) test(path, async () => void (await holdTreeFile(path, ROWS, FEW)));
});
