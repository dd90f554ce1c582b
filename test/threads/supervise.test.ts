import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type SuperviseOptions, supervise } from '../../src/threads/supervise.ts';
import { until } from '../modes/service/serving.ts';

interface One {
  readonly number: number;
  readonly gone: Promise<string>;
  end(how: string): void;
}

/** Starts what lives until it is told to end; `fails` says which starts fail. */
const open = (t: TestContext, options: Partial<SuperviseOptions<One>> = {}, fails = (_: number) => false) => {
  const told: string[] = [];
  let starts = 0;
  const supervisor = supervise<One>({
    size: 1,
    backoff: { firstMs: 1, mostMs: 4 },
    async start() {
      const number = ++starts;
      if (fails(number)) throw new Error(`start ${number} failed`);
      const { promise: gone, resolve: end } = Promise.withResolvers<string>();
      return { number, gone, end };
    },
    onUp: ({ number }, isRestart) => told.push(`${number} up${isRestart ? ' again' : ''}`),
    onGone: ({ number }, how) => told.push(`${number} ${how}`),
    onStuck: (error, failed) => told.push(`${(error as Error).message}, ${failed}`),
    ...options,
  });
  t.after(() => supervisor.close());
  const numbers = () => [...supervisor.up].map(({ number }) => number);
  return { supervisor, told, numbers };
};

describe('what is supervised', () => {
  it('is there in each place, and replaced when it ends', async (t) => {
    const { supervisor, told, numbers } = open(t, { size: 3 });
    await Promise.all(supervisor.first);
    assert.deepEqual(numbers(), [1, 2, 3]);
    const [, second] = supervisor.up;
    second.end('fell');
    await until(() => supervisor.restarts === 1);
    assert.deepEqual(numbers(), [1, 3, 4]);
    assert.deepEqual(told, ['1 up', '2 up', '3 up', '2 fell', '4 up again']);
  });

  it('is tried again until it comes up, and each failure is told', async (t) => {
    const { supervisor, told } = open(t, {}, (number) => number > 1 && number < 4);
    await supervisor.first[0];
    const [first] = supervisor.up;
    first.end('fell');
    await until(() => supervisor.restarts === 1);
    assert.deepEqual(told, ['1 up', '1 fell', 'start 2 failed, 1', 'start 3 failed, 2', '4 up again']);
  });

  it('whose first start fails tells who waits for it, and is tried again unless closed', async (t) => {
    const again = open(t, {}, (number) => number === 1);
    await assert.rejects(again.supervisor.first[0], /start 1 failed/);
    await until(() => again.supervisor.up.size === 1);
    const never = open(t, {}, () => true);
    await assert.rejects(never.supervisor.first[0], /start 1 failed/);
    await never.supervisor.close();
    assert.deepEqual([again.told, never.told], [['2 up again'], []]);
  });

  it('has losses until there is a sign of health', async (t) => {
    const { supervisor } = open(t, { backoff: { firstMs: 1, mostMs: 1, free: 1 } });
    await supervisor.first[0];
    for (let turn = 1; turn <= 3; turn++) {
      const [one] = supervisor.up;
      one.end('fell');
      await until(() => supervisor.restarts === turn);
      assert.equal(supervisor.losses, turn);
    }
    supervisor.calm();
    assert.equal(supervisor.losses, 0);
  });

  it('that has lived long enough is such a sign', async (t) => {
    const { supervisor } = open(t, { backoff: { firstMs: 1, mostMs: 1, settledMs: 0 } });
    await supervisor.first[0];
    const [one] = supervisor.up;
    one.end('fell');
    await until(() => supervisor.restarts === 1);
    assert.equal(supervisor.losses, 0);
  });

  it('is started no more once it is closed, which waits for what is being started', async (t) => {
    const { promise, resolve } = Promise.withResolvers<One>();
    let starts = 0;
    const { supervisor } = open(t, {
      start(signal) {
        starts++;
        signal.addEventListener('abort', () => resolve({ number: 9, gone: Promise.resolve('closed'), end: () => {} }));
        return promise;
      },
    });
    await supervisor.close();
    await supervisor.first[0];
    assert.deepEqual([starts, supervisor.isClosing], [1, true]);
  });
});
