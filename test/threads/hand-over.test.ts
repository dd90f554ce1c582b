import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type Process, startProcess } from '../../src/threads/start-process.ts';
import { until } from '../until.ts';
import type { TestCalls } from './calls.ts';

const start = (t: TestContext): Process<TestCalls> => {
  const child = startProcess<TestCalls>(new URL('./calls-process.ts', import.meta.url), {
    lost: ({ how }) => new Error(`lost: ${how}`),
    memoryBytes: 2 ** 40,
  });
  t.after(() => child.close(0));
  return child;
};

/** A door that hands connections on, unread, and callers who say what became of theirs. */
const openDoor = async (t: TestContext, handOn: (socket: Socket) => void) => {
  const server = createServer({ pauseOnConnect: true }, handOn).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return () =>
    new Promise<string>((resolve) => {
      let told = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('hello'));
      socket.setEncoding('utf8').on('data', (text) => {
        told += text;
      });
      socket.on('error', () => undefined).on('close', () => resolve(told === '' ? 'closed' : told));
    });
};

describe('connections that are given to a process', { timeout: 60_000 }, () => {
  it('are given back where it ends before their turn, and all others are answered or closed', async (t) => {
    const child = start(t);
    assert.equal(await child.ask('add', [1, 2]), 3);
    let given = 0;
    const back: Socket[] = [];
    const call = await openDoor(t, (socket) => {
      given++;
      child.give('greet', 'first', socket, (again) => back.push(again));
    });
    // It takes none any more.
    child.say('loop', []);
    const callers = Array.from({ length: 8 }, call);
    await until('all have been given', () => given === 8);
    child.kill('a test');
    await child.gone;
    const next = start(t);
    await until('those that waited are given back', () => back.length > 0);
    for (const socket of back) next.give('greet', 'second', socket, () => assert.fail('it is there'));
    const outcomes = await Promise.all(callers);
    assert.equal(outcomes.filter((told) => told === 'second').length, back.length);
    assert.equal(outcomes.filter((told) => told === 'closed').length, 8 - back.length);
  });

  it('end with an answer or are closed, however many processes are killed while they stream in', async (t) => {
    const up = [start(t), start(t)];
    let turn = 0;
    const hand = (socket: Socket): void => up[turn++ % up.length].give('greet', 'hello', socket, hand);
    const call = await openDoor(t, hand);
    const outcomes = new Map<string, number>();
    let isOver = false;
    const callers = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        const told = await call();
        outcomes.set(told, (outcomes.get(told) ?? 0) + 1);
      }
    });
    const answered = (): number => outcomes.get('hello') ?? 0;
    for (let round = 0; round < 12; round++) {
      const before = answered();
      await until('callers are answered', () => answered() > before + 20);
      const [killed] = up.splice(round % 2, 1, start(t));
      killed.kill('a test');
    }
    isOver = true;
    await Promise.all(callers);
    assert.deepEqual(
      [...outcomes.keys()].filter((told) => told !== 'hello' && told !== 'closed'),
      [],
    );
  });

  it('are given back by a process that is gone', async (t) => {
    const child = start(t);
    await child.close(0);
    const back: Socket[] = [];
    const call = await openDoor(t, (socket) => child.give('greet', 'first', socket, (again) => back.push(again)));
    const caller = call();
    await until('it is given back', () => back.length === 1);
    back[0].end('nobody');
    assert.equal(await caller, 'nobody');
  });
});
