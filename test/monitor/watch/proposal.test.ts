/** What a rehearsal proposes where windows alarm that are no news. */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { proposalWords } from '../../../src/monitor/watch/rehearsal-words.ts';
import { rehearseWatch } from '../../../src/monitor/watch/rehearse.ts';
import { openSql } from '../../../src/store/sql.ts';
import { stores } from '../../contracts/stores.ts';
import { answered, createWatched, dayOf, reference, type Weather } from './world.ts';

const DAYS = 42;
const [store] = stores();

describe('a rehearsal', () => {
  after(() => store.remove());
  const rehearsed = async (t: TestContext, weather: (n: number) => Weather, compareWith = 'training' as const) => {
    const sql = await openSql((await store.empty()).url);
    t.after(() => sql.close());
    const { profiles, accepted } = createWatched(sql);
    await profiles.add(Array.from({ length: DAYS }, (_, n) => answered(n, { rows: 1500, ...weather(n) })));
    const options = { deployment: 'rides', window: 'day', compareWith } as const;
    const world = { profiles, accepted, referenceOf: async () => reference };
    return rehearseWatch(options, world, dayOf(0), new Date(dayOf(DAYS).getTime() + 600_000));
  };

  it('proposes strata where weekends alarm that resemble weekends before', async (t) => {
    const found = await rehearsed(t, (n) => (n % 7 >= 5 ? { longer: 0.6, slower: 2 } : {}));
    assert.ok(found.alerts.length > 0);
    assert.equal(found.proposal, 'same weekday');
    assert.match(proposalWords(found) ?? '', /compare_with: same weekday/);
  });

  it('proposes the new normal where all has been different since one day, and nothing where nothing alarms', async (t) => {
    const changed = await rehearsed(t, (n) => (n >= 15 ? { longer: 0.6, slower: 2 } : {}));
    assert.equal(changed.proposal, 'new normal');
    assert.match(proposalWords(changed) ?? '', /millrace monitor accept rides/);
    const steady = await rehearsed(t, () => ({}));
    assert.deepEqual([steady.alerts.length, proposalWords(steady)], [0, undefined]);
  });
});
