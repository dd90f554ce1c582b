import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { startWorker, type WorkerLimits } from '../../src/workers/worker.ts';
import { isAlive } from '../alive.ts';
import { until } from '../modes/service/serving.ts';
import { type Deed, packageOf } from './models.ts';

const start = async (t: TestContext, deed: Deed, limits?: WorkerLimits) => {
  const worker = await startWorker(await packageOf(deed), limits);
  t.after(() => worker.close());
  return worker;
};
const asking = (...x: readonly number[]) => ({ rows: x.map((one) => ({ x: one })), coerce: undefined });

describe('a worker', () => {
  it('answers', async (t) => {
    const worker = await start(t, 'none');
    const { answers } = await worker.ask(asking(1, 6));
    assert.deepEqual(answers, [{ output: { y: 2 } }, { output: { y: 12 } }]);
  });

  const ends: readonly (readonly [Deed, RegExp])[] = [
    ['crashes natively', /^SIGFPE: a division/],
    ['takes the heap without end', /^(?:SIGABRT|SIGTRAP): it gave up|took more than 600 MiB/],
    ['ends its process', /^exit code 0$/],
    ['kills its process', /^SIGKILL: killed from outside/],
    ['aborts', /^SIGABRT: it gave up/],
    ['hangs up', /^it hung up$|^exit code 0$/],
  ];
  for (const [deed, how] of ends) {
    it(`that ${deed} is lost, with the reason in words`, async (t) => {
      const worker = await start(t, deed, { memoryBytes: 600 * 2 ** 20 });
      await worker.ask(asking(1));
      await assert.rejects(worker.ask(asking(6)), (error: { code?: string; problem?: { got?: string } }) => {
        assert.equal(error.code, 'WORKER_LOST');
        assert.match(error.problem?.got ?? '', how);
        return true;
      });
      assert.match(await worker.gone, how);
      await assert.rejects(worker.ask(asking(1)), { code: 'WORKER_LOST' });
    });
  }

  for (const deed of ['loops in the graph', 'loops in the transform'] as const) {
    it(`that ${deed} is ended when its time is over`, async (t) => {
      const worker = await start(t, deed, { runMs: 500 });
      await worker.ask(asking(1));
      await assert.rejects(worker.ask(asking(6)), { code: 'WORKER_LOST', message: /it took longer than 500 ms/ });
      assert.ok(!isAlive(worker.pid));
    });
    it(`that ${deed} is closed in time`, async (t) => {
      const worker = await start(t, deed);
      const asked = assert.rejects(worker.ask(asking(6)), { code: 'WORKER_LOST' });
      await worker.close();
      await asked;
      assert.ok(!isAlive(worker.pid));
    });
  }

  it('that takes memory without end is ended', async (t) => {
    const worker = await start(t, 'takes memory without end', { memoryBytes: 600 * 2 ** 20 });
    await worker.ask(asking(1));
    await assert.rejects(worker.ask(asking(6)), {
      code: 'WORKER_LOST',
      message: /it took more than 600 MiB of memory/,
    });
  });

  it('that does not load in time is ended', async () => {
    await assert.rejects(startWorker(await packageOf('none'), { loadMs: 1 }), {
      code: 'WORKER_LOST',
      message: /it took longer than 1 ms/,
    });
  });

  for (const deed of [
    'throws behind its answer',
    'leaves a rejection behind',
    'answers in its scorer’s name',
    'calls itself without end',
  ] as const) {
    it(`that ${deed} goes on`, async (t) => {
      const worker = await start(t, deed);
      for (let turn = 0; turn < 3; turn++) {
        const { answers } = await worker.ask(asking(6, 1));
        assert.deepEqual((answers as readonly unknown[])[1], { output: { y: 2 } });
      }
    });
  }

  for (const deed of ['loops in the graph', 'loops in the transform'] as const) {
    it(`that ${deed} ends with its parent, though that is killed`, async (t) => {
      const parent = spawn(process.execPath, [...process.execArgv, `${import.meta.dirname}/parent.ts`, deed], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.after(() => parent.kill('SIGKILL'));
      const pid = await pidOf(parent);
      assert.ok(isAlive(pid));
      const exit = once(parent, 'exit');
      parent.kill('SIGKILL');
      await exit;
      await until(() => !isAlive(pid));
    });
  }
});

/** The worker's process, once it is told and loops. */
const pidOf = async ({ stdout }: ChildProcess): Promise<number> => {
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) return Number(line);
  throw new Error('The parent has ended.');
};
