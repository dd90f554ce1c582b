import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { header } from '../../src/brokers/broker.ts';
import { replayDeadLetters } from '../../src/events/dead-letters.ts';
import { openMemories } from '../../src/modes/decide/memory.ts';
import { type DecideWorld, until } from './decide-world.ts';

export const decideTrouble = ({ using, ride, fare, graveOf }: DecideWorld): void => {
  it('buries what cannot be read, reads on, and takes it back', () =>
    using({}, async ({ broker, deployment, send, sendRaw, run, decisions, letters }) => {
      await sendRaw('fare', { key: Buffer.from('a'), value: Buffer.from('{"prediction": {') });
      await sendRaw('fare', { key: null, value: Buffer.from('{"prediction": {"fare": 1}}') });
      await sendRaw('ride', { key: Buffer.from('a'), value: Buffer.from('{"no": "ride_id"}') });
      await sendRaw('ride', { key: Buffer.from('a'), value: Buffer.alloc(900_001, 0x20) });
      await send('ride', ride('a'));
      await send('fare', fare('a', 12));
      await run();
      await until('it is decided', async () => (await decisions()).length === 1);
      await until('the others are buried', async () => (await letters()).length === 4);
      assert.deepEqual((await letters()).map((letter) => header(letter, 'millrace-code')).toSorted(), [
        'BAD_EVENT',
        'BAD_EVENT',
        'BAD_JSON',
        'TOO_LARGE',
      ]);
      assert.equal(await replayDeadLetters(broker, graveOf(deployment), new AbortController().signal), 4);
      await until('they are buried again', async () => (await letters()).length === 8);
      const [first] = (await letters()).filter((letter) => header(letter, 'millrace-code') === 'BAD_JSON');
      const again = (await letters()).findLast((letter) => header(letter, 'millrace-code') === 'BAD_JSON');
      assert.deepEqual(again && [again.value, ...again.headers], first && [first.value, ...first.headers]);
    }));

  it('passes over tombstones where it is told to', () =>
    using({ tombstones: 'skip' }, async ({ send, sendRaw, run, decisions, letters }) => {
      await sendRaw('ride', { key: Buffer.from('a'), value: null });
      await send('ride', ride('a'));
      await send('fare', fare('a', 12));
      await sendRaw('fare', { key: Buffer.from('a'), value: null });
      await run();
      await until('it is decided', async () => (await decisions()).length === 1);
      assert.deepEqual(await letters(), []);
    }));

  it('decides a key whose condition failed once its rule is mended', () =>
    using({}, async ({ broker, deployment, send, run, decisions, letters }) => {
      const broken = await run();
      await send('ride', ['a', { ride_id: 'a', limit: 'ten' }], ride('b'));
      await send('fare', fare('a', 12), fare('b', 12));
      await until('the one is buried', async () => (await letters()).length === 1);
      await until('the other is decided', async () => (await decisions()).length === 1);
      const [letter] = await letters();
      assert.equal(header(letter, 'millrace-code'), 'CONDITION_FAILED');
      assert.equal(Buffer.from(letter.key ?? []).toString(), 'a');
      await broken.stop();
      await run({ rules: [{ name: 'odd', if: 'ride.limit == "ten"' }] });
      await replayDeadLetters(broker, graveOf(deployment), new AbortController().signal);
      await until('it is decided', async () => (await decisions()).length === 2);
      assert.deepEqual((await decisions()).map(({ data }) => [data.key, data.decision]).toSorted(), [
        ['a', 'odd'],
        ['b', 'dear'],
      ]);
    }));

  it('forgets nothing when its memory is lost or behind', () =>
    using({ within: '1h' }, async ({ folder, send, run, decisions }) => {
      const file = (name: string): string => join(folder, name);
      const first = await run();
      await send('ride', ride('a'), ride('b'), ride('c'));
      await send('fare', fare('a', 12));
      await until('one is decided', async () => (await decisions()).length === 1);
      await until('two wait', () => first.waiting() === 2);
      await first.stop();
      cpSync(file('decisions.db'), file('behind.db'));

      const lost = await run({}, 'new.db');
      await send('fare', fare('a', 99), fare('b', 12));
      await until('the next is decided', async () => (await decisions()).length === 2);
      await until('one waits', () => lost.waiting() === 1);
      await lost.stop();

      const behind = await run({}, 'behind.db');
      await send('fare', fare('a', 99), fare('b', 99), fare('c', 12));
      await until('the last is decided', async () => (await decisions()).length === 3);
      await until('none waits', () => behind.waiting() === 0);
      await behind.stop();
      assert.deepEqual((await decisions()).map(({ data }) => [data.key, data.with]).toSorted(), [
        ['a', { over: 2 }],
        ['b', { over: 2 }],
        ['c', { over: 2 }],
      ]);
    }));

  it('believes no memory of another log', () =>
    using({}, async ({ folder, deployment, send, run, decisions }) => {
      await (await run()).stop();
      await send('ride', ride('a'), ride('b'), ride('c'), ride('d'));
      await send('fare', fare('a', 12));
      const first = await run();
      await until('one is decided', async () => (await decisions()).length === 1);
      await first.stop();

      // One whose last record lies past the end, and one that remembers another record at its place.
      for (const [home, last] of [
        ['past.db', 1_000_000],
        ['other.db', 0],
      ] as const) {
        const memories = await openMemories(join(folder, home));
        for (const partition of [0, 1, 2]) {
          await memories.of(deployment.inbox, partition).change({
            before: undefined,
            after: { next: last + 1, last, mark: 'another record' },
            keys: new Map(['a', 'b', 'c', 'd'].map((key) => [key, { expires: Date.now() + 3_600_000 }])),
            expired: 0,
          });
        }
        memories.close();
      }
      const past = await run({}, 'past.db');
      await send('fare', fare('a', 99), fare('b', 12));
      await until('the next is decided', async () => (await decisions()).length === 2);
      await past.stop();
      await run({}, 'other.db');
      await send('fare', fare('a', 99), fare('b', 99), fare('c', 12), fare('d', 12));
      await until('the rest is decided', async () => (await decisions()).length === 4);
      assert.deepEqual(
        (await decisions()).map(({ data }) => [data.key, data.with]).toSorted(),
        ['a', 'b', 'c', 'd'].map((key) => [key, { over: 2 }]),
      );
    }));
};
