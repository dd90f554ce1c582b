import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createApp } from '../../src/app.ts';
import { readDeadLetters } from '../../src/events/dead-letters.ts';
import { replay } from '../../src/monitor/replay.ts';
import { exactJson } from '../../src/text/exact-json.ts';
import { parseJson } from '../../src/text/json.ts';
import { lengthsModel, lengthsRows } from '../tensor-models.ts';
import { app, plain, readAll, type StreamWorld, until } from './stream-world.ts';

export const streamTensors = ({ using }: StreamWorld): void => {
  it('predicts events of tensors of any length, each by itself, and leaves records that are made again', () =>
    using(async ({ broker, from, to, start, come }) => {
      const folder = mkdtempSync(join(tmpdir(), 'millrace-lengths-'));
      const model = lengthsModel(folder);
      const home = createApp({ cwd: folder, env: { HOME: folder } });
      const scorer = await app.scorer(model);
      try {
        // One key, so that all are in one batch.
        await broker.produce(lengthsRows.map(({ row }) => plain(from, 'k', row)));
        const { deployment } = await start({ model }, { leave: await home.leave(1) });
        const answered = lengthsRows.flatMap(({ answer }) => (answer === undefined ? [] : [answer]));
        const events = await come(to, answered.length);
        const told = events.map(({ value }) => parseJson(Buffer.from(value ?? []).toString()));
        assert.deepEqual(
          told.map((event) => exactJson((event as { data: { prediction: unknown } }).data.prediction)),
          answered,
        );
        const dead = [];
        for await (const letter of readDeadLetters(broker, deployment)) dead.push(letter.code);
        assert.deepEqual(dead, ['BAD_SHAPE']);
        const records = await home.records();
        const [{ partition = -1 } = {}] = await readAll(broker, from);
        const idOf = (at: number): string => `${deployment.name}/${from}/${partition}/${at}`;
        await until(
          'the last is recorded',
          async () => (await records.find(idOf(lengthsRows.length - 1))) !== undefined,
        );
        for (const at of lengthsRows.keys()) {
          const kept = await records.find(idOf(at));
          assert.ok(kept, `${at} is recorded`);
          assert.ok((await replay(kept, scorer)).same, `${at} is the same`);
        }
      } finally {
        await scorer.close();
        await home.close();
      }
    }));
};
