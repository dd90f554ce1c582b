/** Rollouts on a service under load, two of its processes killed meanwhile: each candidate ends as it should, and every request is answered. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../../src/app.ts';
import type { RolloutStanding } from '../../../src/deployments/rollouts/control.ts';
import { registerRolled } from './rollout-models.ts';
import { openApp, type Told } from './serving.ts';

const bin = join(import.meta.dirname, '../../../bin/millrace.js');
const REF = 'model@production';
const ADA = { who: 'ada', why: 'a test' };
/** Milliseconds after which a call counts as one that hangs, however busy the machine is. */
const HANGS_MS = 60_000;
const LOOK_MS = 200;

/** Code that works for a while before it answers, as models do. */
const takes = (turns: number, answer: string): string =>
  `let sum = 0; for (let at = 0; at < ${turns}; at++) sum += Math.sqrt(at); return { y: ${answer} + sum * 0 };`;
const USUAL = takes(1e6, 'output.y');

const versions = {
  '1.0.0': USUAL,
  '2.0.0': takes(2e7, 'output.y'),
  '3.0.0': `if (row.x % 4 === 0) throw new Error('no'); ${USUAL}`,
  '4.0.0': 'return { y: output.y + 100 }',
} as const;

/** `millrace serve` of two processes in the app's home. */
const startService = async (t: TestContext, { home, cwd }: App): Promise<{ url: string; child: ChildProcess }> => {
  const words = ['serve', REF, '--port', '0', '--workers', '2', '--no-grpc', '--log-level', 'silent'];
  const child = spawn(process.execPath, [bin, ...words], {
    cwd,
    env: { ...process.env, MILLRACE_HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^ready on (http:[^;]+);/.exec(line)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error('the service has not started');
};

/** Ends one of its processes that answer, as a machine that fails does. */
const killOne = async ({ pid }: ChildProcess): Promise<void> => {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const members = list.trim().split(' ').filter(Boolean).map(Number);
  if (members.length > 0) process.kill(members[Math.floor(Math.random() * members.length)], 'SIGKILL');
};

/** Callers who ask on and on; whoever is cut off asks again, as callers do, until there is an answer. */
const startLoad = (url: string) => {
  const wrong: unknown[] = [];
  let [isOver, answered] = [false, 0];
  /** Undefined where the connection was cut. */
  const call = async (x: number): Promise<{ status: number; told: Told } | undefined> => {
    const signal = AbortSignal.timeout(HANGS_MS);
    try {
      const response = await fetch(`${url}/predict/model`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ x, rider: `${x}` }),
        signal,
      });
      return { status: response.status, told: (await response.json()) as Told };
    } catch {
      if (signal.aborted) wrong.push(`a call hangs: ${x}`);
      return undefined;
    }
  };
  const ask = async (x: number): Promise<void> => {
    for (;;) {
      const answer = await call(x);
      if (answer === undefined) {
        await pause(20);
        continue;
      }
      const { status, told } = answer;
      if (status !== 200 || ![2 * x, 2 * x + 100].includes(Number(told.prediction?.y))) wrong.push(told);
      answered++;
      return;
    }
  };
  let asked = 0;
  const callers = Array.from({ length: 6 }, async () => {
    while (!isOver) await ask(asked++ % 100_000);
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(callers);
      return { wrong, answered, asked };
    },
  };
};

describe('rollouts on a service of two processes under load', { timeout: 280_000 }, () => {
  it('take back what is slower and what errs, and let what is better take over, whichever process is killed', async (t) => {
    const app = await openApp(t);
    for (const [version, finish] of Object.entries(versions)) await registerRolled(app, { version, finish });
    await app.promote('model@1.0.0', { to: 'production', who: 'ada' });
    const { url, child } = await startService(t, app);
    const load = startLoad(url);
    const control = await app.rollout();
    /** Runs a rollout to its end, while one process may be killed in the middle of it. */
    const ended = async (version: keyof typeof versions, steps: string, kills: boolean): Promise<RolloutStanding> => {
      await control.start(REF, { candidate: `model@${version}`, steps, unit: 'field:rider' }, ADA);
      let isDone = !kills;
      for (;;) {
        await pause(LOOK_MS);
        const [standing] = await control.status(REF);
        if (standing.rollout.status !== 'running') return standing;
        if (isDone || (standing.counts.at(-1)?.candidate.calls ?? 0) < 5) continue;
        await killOne(child);
        isDone = true;
      }
    };
    const about = ({ moves }: RolloutStanding) => moves.at(-1)?.verdicts.map((verdict) => verdict.about) ?? [];
    try {
      const slow = await ended('2.0.0', '20 % 100000 rows', true);
      assert.equal(slow.rollout.status, 'rolled back');
      assert.ok(about(slow).includes('slow'), slow.moves.at(-1)?.why);
      const erring = await ended('3.0.0', '50 % 100000 rows', false);
      assert.equal(erring.rollout.status, 'rolled back');
      assert.ok(
        about(erring).some((one) => one === 'errors' || one === 'failed'),
        erring.moves.at(-1)?.why,
      );
      const better = await ended('4.0.0', '50 % 350 rows, 100 % 30 rows', true);
      assert.equal(better.rollout.status, 'finished', better.moves.at(-1)?.why);
      assert.equal((await (await app.registry()).resolve(REF)).version, '4.0.0');
    } finally {
      const { wrong, answered, asked } = await load.stop();
      assert.deepEqual(wrong.slice(0, 3), []);
      assert.equal(answered, asked);
    }
  });
});
