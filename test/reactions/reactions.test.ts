import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from '../../src/core/errors.ts';
import { openAlerts } from '../../src/monitor/alerts/open.ts';
import { carryOut } from '../../src/reactions/carry-out.ts';
import { openReactions, type ReactionWorld } from '../../src/reactions/open.ts';
import { openSql } from '../../src/store/sql.ts';
import { drifting, message, resolved } from '../channels/message.ts';
import { sqliteStore } from '../contracts/stores.ts';
import { dayOf, failing, slower, windowOf } from '../monitor/alerts/samples.ts';
import { tempFolder } from '../temp-folder.ts';

const store = sqliteStore();
const open = async (t: TestContext) => {
  const { url } = await store.empty();
  const sql = await openSql(url);
  t.after(() => sql.close());
  return { url, alerts: openAlerts(sql) };
};
const { signal } = new AbortController();

const world: ReactionWorld = {
  folder: '.',
  env: process.env,
  environments: ['staging', 'production'],
  isFiring: async () => true,
  registry: async () => {
    throw fail('STORE_FAILED', 'away');
  },
  pack: async () => assert.fail(),
  promote: async () => assert.fail(),
};
const reactionOf = (
  settings: Parameters<typeof openReactions>[0]['react'][number],
  more: Partial<ReactionWorld> = {},
) => openReactions({ deployment: 'rides', environment: 'production', react: [settings] }, { ...world, ...more })[0];

describe('reactions', () => {
  after(() => store.remove());

  it('are for alerts that begin, by a word or by a condition', () => {
    const isDue = (when: string | undefined, alert = drifting) => reactionOf({ when, do: 'rollback' }).isDue(alert);
    assert.deepEqual(
      [undefined, 'drift', 'slo'].map((when) => isDue(when)),
      [true, true, false],
    );
    assert.deepEqual(
      ['effect > 0.1', "severity == 'critical'", 'numbers.nothing > 1'].map((when) => isDue(when)),
      [true, false, false],
    );
    assert.equal(isDue(undefined, { ...drifting, telling: 'repeated' }), false);
    assert.equal(isDue(undefined, resolved), false);
  });

  it('rest after they were due, so that what flaps starts none over and over', async (t) => {
    const { alerts } = await open(t);
    const hearers = { channelsOf: () => ['react'], restMsOf: () => 24 * 3_600_000 };
    await alerts.step(windowOf(1, [slower]), hearers, dayOf(1));
    await alerts.step(windowOf(2, [failing]), hearers, new Date(dayOf(1).getTime() + 3_600_000));
    assert.equal((await alerts.left(['react'], 10)).length, 1);
    await alerts.step(windowOf(4, [{ ...slower, field: 'other' }]), hearers, dayOf(3));
    assert.equal((await alerts.left(['react'], 10)).length, 2);
  });

  it('are all carried out, whenever the processes that do so are killed', async (t) => {
    const { url, alerts } = await open(t);
    const file = join(tempFolder(t), 'done');
    for (let n = 1; n <= 20; n++) {
      await alerts.step(
        windowOf(1, [slower], { deployment: `rides-${n}` }),
        { channelsOf: () => ['react'] },
        new Date(),
      );
    }
    const done = () => new Set(existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
    for (let round = 0; done().size < 20; round++) {
      const before = done().size;
      const worker = join(import.meta.dirname, 'reaction-worker.ts');
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, url, file], {
        env: { ...process.env, HOURS: `${round}` },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      while (done().size < Math.min(20, before + 7)) await sleep(2);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    assert.equal(done().size, 20);
  });

  it('a rollback that was done before its process was killed is not done again', async () => {
    const moves: unknown[] = [];
    const registry: ReactionWorld['registry'] = async () => ({
      rollback: async (move) => {
        if (moves.length > 0) throw fail('NOTHING_TO_ROLL_BACK', 'production points at 0.9.0');
        moves.push(move);
        return { name: 'ride', version: '0.9.0', from: '1.0.0', digest: '', environment: 'production', changed: true };
      },
    });
    const { act } = reactionOf({ do: 'rollback' }, { registry });
    assert.equal((await act(message, 0, signal)).is, 'done');
    assert.equal((await act(message, 0, signal)).is, 'refused');
    const over = reactionOf({ do: 'rollback' }, { registry, isFiring: async () => false });
    assert.match((await over.act(message, 0, signal)).sentence, /what was wrong is over/);
  });

  it('are tried again where the store is away, and set aside after a day', async (t) => {
    const { alerts } = await open(t);
    const reaction = reactionOf({ do: 'rollback' });
    await alerts.step(windowOf(1, [slower]), { channelsOf: () => [reaction.channel] }, dayOf(1));
    const carry = (at: number) => carryOut({ alerts, reactions: [reaction], now: () => new Date(at) }, signal);
    const [first] = await carry(dayOf(1).getTime());
    assert.ok(first.again !== undefined && first.outcome.is === 'failed');
    const [last] = await carry(dayOf(2).getTime() + 1000);
    assert.equal(last.again, undefined);
    assert.equal((await alerts.left([reaction.channel], 1))[0].problem?.code, 'STORE_FAILED');
  });

  it('a command, with all that it has started, ends when it takes too long, and its output is kept in part', async (t) => {
    const folder = tempFolder(t);
    const command = '(sleep 1; touch late) & yes | head -c 20000; wait';
    const { act } = reactionOf({ do: { retrain: { command, folder: '.', timeout: '300ms' } } }, { folder });
    const { is, sentence, output = '' } = await act(message, 0, signal);
    assert.deepEqual([is, output.length], ['failed', 8001]);
    assert.match(sentence, /took longer than 0\.3 s/);
    await sleep(1200);
    assert.ok(!existsSync(join(folder, 'late')));
  });
});
