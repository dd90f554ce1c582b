import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { formats } from '../../src/files/table.ts';
import { type FileProgress, type PredictFileOptions, predictFile } from '../../src/modes/once/predict-file.ts';
import { tempFolder } from '../temp-folder.ts';
import { coded, fixture, give, lines, open } from './once-files.ts';

test('files that exist are kept unless forced; input, output and rejects are three files', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('in.csv'), 'units,price\n1,2\n');
  writeFileSync(file('old.csv'), 'old');
  symlinkSync(file('in.csv'), file('link.csv'));
  const predict = (options: Partial<PredictFileOptions>) =>
    predictFile({ scorer, input: file('in.csv'), output: file('out.csv'), ...options });
  await assert.rejects(predict({ output: file('old.csv') }), coded('FILE_EXISTS', 'old.csv exists already'));
  await assert.rejects(predict({ rejects: file('old.csv') }), coded('FILE_EXISTS', 'old.csv exists already'));
  assert.equal(readFileSync(file('old.csv'), 'utf8'), 'old');
  for (const force of [false, true]) {
    await assert.rejects(predict({ output: file('in.csv'), force }), coded('USAGE', 'read and written'));
    await assert.rejects(predict({ output: file('link.csv'), force }), coded('USAGE', 'read and written'));
    await assert.rejects(predict({ rejects: file('out.csv'), force }), coded('USAGE', 'written twice'));
  }
  await predict({ output: file('old.csv'), force: true });
  assert.equal(readFileSync(file('old.csv'), 'utf8'), 'units,price,total,over\n1,2,2,false\n');
});

test('a failure in the middle leaves what was there before', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.json');
  writeFileSync(input, `[${'{"units":1,"price":2},'.repeat(5000)}{"units":1`);
  for (const output of [join(folder, 'out.parquet'), join(folder, 'out.csv')]) {
    writeFileSync(output, 'before');
    await assert.rejects(
      predictFile({ scorer, input, output, rejects: join(folder, 'rejects.ndjson'), force: true, chunkRows: 100 }),
      coded('BAD_FILE', 'end of file'),
    );
    assert.equal(readFileSync(output, 'utf8'), 'before');
  }
  assert.deepEqual(readdirSync(folder).sort(), ['in.json', 'out.csv', 'out.parquet']);
});

test('an abort leaves no trace and gives its reason', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  for (const format of formats) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const endless = (function* () {
      for (;;) yield Buffer.from('{"units":1,"price":2}\n'.repeat(1000));
    })();
    await assert.rejects(
      predictFile({
        scorer,
        input: Readable.from(endless),
        inputFormat: 'ndjson',
        output: join(folder, `out.${format}`),
        rejects: join(folder, 'rejects.ndjson'),
        onProgress: ({ rows }) => {
          if (rows > 20_000) controller.abort(reason);
        },
        signal: controller.signal,
      }),
      reason,
    );
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('an abort does not wait for rows that may never come', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  for (const inputFormat of formats) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const input = new Readable({ read: () => {} });
    const output = join(folder, 'out.csv');
    const predicting = predictFile({ scorer, input, inputFormat, output, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(predicting, reason);
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('a failure does not wait for rows that may never come', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = new Readable({ read: () => {} });
  input.push('unit,price\n1,2\n3,4\n');
  const output = join(folder, 'out.csv');
  await assert.rejects(
    predictFile({ scorer, input, inputFormat: 'csv', output, chunkRows: 1 }),
    coded('BAD_FILE', 'no column units'),
  );
});

test('progress tells rows, rejected rows and the share of the file', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ units: index % 10 === 0 ? 0.5 : 1, price: 1 }));
  const columns = ['units', 'price'].map((name) => ({ name, type: 'DOUBLE' }));
  for (const format of formats) {
    const input = await give(folder, format, columns, rows);
    const told: FileProgress[] = [];
    const output = join(folder, `out.${format}`);
    await predictFile({ scorer, input, output, chunkRows: 2048, onProgress: (progress) => told.push(progress) });
    assert.ok(told.length > 3);
    assert.deepEqual(told.at(-1), { rows: 10_000, rejected: 1000, share: 1 });
  }
});

test('the format of a file comes from its name, and must come from somewhere', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  mkdirSync(join(folder, 'd'));
  const input = join(folder, 'd', 'in.dat');
  writeFileSync(input, 'units,price\n1,2\n');
  await assert.rejects(predictFile({ scorer, input, output: join(folder, 'out.csv') }), coded('USAGE', 'not known'));
  const output = join(folder, 'out.dat');
  await assert.rejects(
    predictFile({ scorer, input, output, inputFormat: 'csv' }),
    coded('USAGE', 'out.dat is not known'),
  );
  await predictFile({ scorer, input, output, inputFormat: 'csv', outputFormat: 'csv' });
  assert.equal(readFileSync(output, 'utf8'), 'units,price,total,over\n1,2,2,false\n');
  await predictFile({ scorer, input, output, inputFormat: 'csv', outputFormat: 'ndjson', force: true });
  assert.deepEqual(lines(output), [{ units: '1', price: '2', total: 2, over: false }]);
});
