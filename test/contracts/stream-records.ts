import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createApp } from '../../src/app.ts';
import type { NewEvent } from '../../src/brokers/broker.ts';
import { writeEvent } from '../../src/events/cloud-event.ts';
import { countDeadLetters } from '../../src/events/dead-letters.ts';
import { replay } from '../../src/monitor/replay.ts';
import { app, plain, readAll, type StreamWorld, until } from './stream-world.ts';

/** One that is predicted, one that is refused, one that cannot be read, and one that has a name of its own. */
const mixed = (topic: string): readonly NewEvent[] => {
  const ride = { specversion: '1.0', id: 'a 1', source: '/rides', type: 'ride' };
  const named = { topic, key: Buffer.from('k'), attributes: ride, data: { in: { units: 2, price: 5 } } };
  return [
    plain(topic, 'k', { in: { units: 7, price: 6 } }),
    plain(topic, 'k', { in: { units: 'many', price: 6 } }),
    plain(topic, 'k', 'no JSON'),
    writeEvent(named, 'binary'),
  ];
};

export const streamRecords = ({ using }: StreamWorld): void => {
  it('leaves a record of each event that was scored, which can be made again, and is left once', () =>
    using(async ({ broker, from, to, start, come }) => {
      const home = createApp({ cwd: tmpdir(), env: { HOME: mkdtempSync(join(tmpdir(), 'millrace-records-')) } });
      try {
        const leave = await home.leave(1);
        const stream = await start({ input: '$.in' }, { leave });
        const { name } = stream.deployment;
        await broker.produce(mixed(from));
        await come(to, 2);
        await until('all is committed', async () => (await countDeadLetters(broker, stream.deployment)) === 2);
        await stream.stop();
        const again = await start({ name, input: '$.in', group: `again-${name}` }, { leave });
        await come(to, 4);
        await until('all is committed again', async () => (await countDeadLetters(broker, stream.deployment)) === 4);
        await again.stop();
        await home.close();

        const records = await home.records();
        const place = `${name}/${from}/${(await readAll(broker, from))[0]?.partition}`;
        const scorer = await app.scorer(again.deployment.model);
        const inputs = [];
        for (const id of [`${place}/0`, `${place}/1`, `${name}//rides/a 1`]) {
          const kept = await records.find(id);
          assert.ok(kept, `${id} is recorded`);
          assert.deepEqual([kept.deployment, kept.digest], [name, stream.model.digest]);
          inputs.push(JSON.parse(kept.input));
          assert.ok((await replay(kept, scorer)).same);
        }
        await scorer.close();
        const given = [
          { units: 7, price: 6 },
          { units: 'many', price: 6 },
          { units: 2, price: 5 },
        ];
        assert.deepEqual(inputs, given);
        assert.equal(await records.find(`${place}/2`), undefined, 'what was not scored has none');
        assert.equal(home.leaveFigures()?.dropped.failed, 0);
      } finally {
        await home.close();
      }
    }));
};
