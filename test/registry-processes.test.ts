import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql as raw } from 'kysely';
import { standing } from '../src/registry/undo.ts';
import { type Opened, open, stores } from './contracts/stores.ts';
import type { MixReport, Work } from './registry-worker.ts';

const program = fileURLToPath(new URL('registry-worker.ts', import.meta.url));

const start = (work: Work): ChildProcess & { readonly stdout: NodeJS.ReadableStream } => {
  const child = spawn(process.execPath, [program, JSON.stringify(work)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return Object.assign(child, { stdout: child.stdout.setEncoding('utf8') });
};

/** All that a process prints until it has ended well. */
const finish = async (child: ReturnType<typeof start>): Promise<string> => {
  let text = '';
  child.stdout.on('data', (part: string) => {
    text += part;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `the process ended with ${code}`);
  return text;
};

/** Every version that is listed can be loaded whole, and the database itself finds no fault in its file. */
const assertWhole = async ({ registry, blobs, sql }: Opened): Promise<void> => {
  for (const { name, version, digest } of await registry.versions('ride')) {
    const found = await registry.find(`${name}@${version}`);
    assert.ok(found.blobs.includes(digest));
    for (const blob of found.blobs) await blobs.get(blob);
  }
  if (sql.kind === 'sqlite') {
    const { rows } = await raw<{ integrity_check: string }>`pragma integrity_check`.execute(sql.db);
    assert.deepEqual(rows, [{ integrity_check: 'ok' }]);
  }
};

for (const store of stores()) {
  describe(`processes on one registry, ${store.name}`, () => {
    after(() => store.remove());

    it('register, promote and roll back at once: nothing is lost, history stays one line', async (t) => {
      const place = await store.empty();
      const rounds = 25;
      // Both begin on nothing, so both also want to make the tables.
      const children = ['a', 'b'].map((id) => start({ kind: 'mix', ...place, id, rounds }));
      const reports = (await Promise.all(children.map(finish))).map((text) => JSON.parse(text) as MixReport);
      const [a, b] = reports;
      assert.ok(a && b);
      t.diagnostic(`longest call: ${Math.max(a.longest, b.longest).toFixed(0)} ms`);
      assert.deepEqual([...a.errors, ...b.errors], []);

      const opened = await open(place);
      const { registry } = opened;
      const versions = await registry.versions('ride');
      const expected = [...a.registered, ...b.registered, ...a.won, ...b.won];
      assert.deepEqual(versions.map(({ version }) => version).sort(), expected.sort());
      assert.equal(a.registered.length + b.registered.length, 2 * rounds);
      assert.deepEqual(a.won.toSorted(), b.lost.toSorted());
      assert.deepEqual(b.won.toSorted(), a.lost.toSorted());
      for (const { version, registeredBy } of versions) {
        const owner = a.registered.includes(version) || a.won.includes(version) ? 'a' : 'b';
        assert.equal(registeredBy, owner);
      }

      const history = await registry.history('ride');
      assert.equal(history.length, a.moves + b.moves);
      const whose = new Set(history.map(({ who }) => who));
      assert.deepEqual([...whose].sort(), ['a', 'b']);
      for (const [environment, moves] of Map.groupBy(history, (move) => move.environment)) {
        for (const [i, { action, from, to, at }] of moves.entries()) {
          const before = moves.slice(0, i);
          const stack = standing(before.map((move) => ({ action: move.action, to_version: move.to })));
          assert.equal(from, before.at(-1)?.to ?? null);
          assert.ok(at >= (before.at(-1)?.at ?? ''));
          if (action === 'rollback') assert.equal(to, stack.at(-2));
          else assert.notEqual(to, from);
        }
        assert.equal((await registry.resolve(`ride@${environment}`)).version, moves.at(-1)?.to);
      }
      await assertWhole(opened);
      await registry.close();
    });

    it('killed while they register: what was promised is there, and what is there is whole', async (t) => {
      const place = await store.empty();
      const promised: string[] = [];
      for (let round = 1; round <= 6; round++) {
        const child = start({ kind: 'register', ...place, round });
        let text = '';
        child.stdout.on('data', (part: string) => {
          text += part;
        });
        const closed = once(child, 'close');
        while (!text.includes('\n')) await once(child.stdout, 'data');
        await sleep(Math.random() * 60);
        child.kill('SIGKILL');
        assert.deepEqual(await closed, [null, 'SIGKILL']);
        promised.push(...text.split('\n').slice(0, -1));

        const opened = await open(place);
        const listed = (await opened.registry.versions('ride')).map(({ version }) => version);
        const missing = promised.filter((version) => !listed.includes(version));
        assert.deepEqual(missing, []);
        assert.ok(listed.length <= promised.length + round, 'a kill leaves at most one version that was not told');
        await assertWhole(opened);
        await opened.registry.close();
      }
      t.diagnostic(`${promised.length} versions in 6 rounds`);
    });
  });
}
