import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { isAlive } from '../../alive.ts';
import { until } from './serving.ts';
import { input, start } from './started.ts';

describe('the end of serve --workers', () => {
  it('answers every request that it has taken before it stops', async (t) => {
    const { url, child, exited, members } = await start(t, '--no-grpc', '--lame-duck', '0.3');
    const pids = await members();
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const body = JSON.stringify(input);
    const outcomes = { answered: 0, refused: 0, lost: 0 };
    let stop = false;
    const call = (): Promise<void> =>
      new Promise((resolve) => {
        let connected = false;
        const sent = request(`${url}/predict/trees-100x6`, {
          agent,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
        });
        sent.on('socket', (socket) => {
          connected = !socket.connecting;
          if (connected) return;
          socket.once('connect', () => {
            connected = true;
          });
        });
        sent.on('response', (response) => {
          response.resume().on('end', () => {
            outcomes.answered++;
            resolve();
          });
        });
        sent.on('error', () => {
          // A connection that could not be made was never taken.
          outcomes[connected ? 'lost' : 'refused']++;
          resolve();
        });
        sent.end(body);
      });
    const callers = Array.from({ length: 16 }, async () => {
      while (!stop) await call();
    });
    await until(() => outcomes.answered > 200);
    child.kill('SIGTERM');
    assert.equal(await exited, 0);
    stop = true;
    await Promise.all(callers);
    agent.destroy();
    assert.equal(outcomes.lost, 0, JSON.stringify(outcomes));
    assert.ok(!pids.some(isAlive));
  });

  it('does not start on a port that is taken, says so once, and leaves nothing behind', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.after(() => taken.close());
    const { port } = taken.address() as { port: number };
    const { exited, stderr } = await start(t, '--no-grpc', '--port', String(port));
    assert.equal(await exited, 2);
    const told = await stderr;
    assert.equal(told.match(/CANNOT_LISTEN/g)?.length, 1, told);
    assert.match(told, /another process has that port/);
  });

  it('ends with the process that started it, however that ends', async (t) => {
    const { child, members, exited } = await start(t, '--no-grpc');
    const pids = await members();
    assert.equal(pids.length, 2);
    child.kill('SIGKILL');
    await exited;
    await until(() => !pids.some(isAlive));
  });

  it('hears a Ctrl-C that goes to all its processes once', async (t) => {
    const { child, members, exited, stderr } = await start(t, '--no-grpc');
    for (const pid of [...(await members()), child.pid ?? 0]) process.kill(pid, 'SIGINT');
    assert.equal(await exited, 0);
    assert.match(await stderr, /^stopping: not ready/);
  });
});
