import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { InferenceClient } from '../../../src/modes/service/grpc/messages.ts';
import { isAlive } from '../../alive.ts';
import { post, type Told, until } from './serving.ts';
import { input, start, startIn } from './started.ts';

const ask = async (address: string, agent: Agent, body?: string): Promise<IncomingMessage & { body: string }> => {
  const method = body === undefined ? 'GET' : 'POST';
  const sent = request(address, { agent, method, headers: { 'content-type': 'application/json' } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return Object.assign(response, { body: await text(response) });
};

/** Each time over a connection of its own, as connections are what is shared out. The id is that of a request there. */
const predict = async (url: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { statusCode: status, body } = await ask(`${url}/predict/trees-100x6`, agent, JSON.stringify(input));
    const { headers } = await ask(`${url}/livez`, agent);
    return { status, id: String(headers['x-request-id']), json: JSON.parse(body) as Told };
  } finally {
    agent.destroy();
  }
};

/** Ids of requests begin with what their process alone has. */
const processOf = (id: string): string => id.split('-').slice(0, 2).join('-');

/** Sockets that a process has open. */
const connections = async (pid: number): Promise<number> => {
  const files = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  return targets.filter((target) => target.startsWith('socket:')).length;
};

const metric = async (url: string, name: string): Promise<number> => {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

describe('serve --workers', () => {
  it('answers from every process, with the same bits, and adds up what they did', async (t) => {
    const { url, members } = await start(t, '--no-grpc');
    assert.equal((await members()).length, 2);
    const replies = await Promise.all(Array.from({ length: 20 }, () => predict(url)));
    assert.equal(new Set(replies.map(({ id }) => processOf(id))).size, 2);
    assert.equal(new Set(replies.map(({ json }) => json.prediction.score)).size, 1);
    assert.equal(await metric(url, 'millrace_requests_total'), 20);
    assert.equal(await metric(url, 'millrace_ready'), 1);
  });

  it('shares gRPC too', async (t) => {
    const { url, grpc, members } = await start(t);
    assert.notEqual(grpc, new URL(url).host);
    const inputs = Object.entries(input).map(([name, value]) => ({
      name,
      datatype: 'FP64',
      shape: [1],
      contents: { fp64_contents: [value] },
    }));
    const pids = await members();
    const before = await Promise.all(pids.map(connections));
    for (let call = 0; call < 8; call++) {
      const client = new InferenceClient(grpc ?? '', credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      t.after(() => client.close());
      await new Promise((resolve, reject) => {
        const ask = (client as unknown as Record<string, (...words: readonly unknown[]) => void>).ModelInfer;
        ask.call(client, { model_name: 'trees-100x6', inputs }, (error: unknown, response: never) =>
          error ? reject(error) : resolve(response),
        );
      });
    }
    const after = await Promise.all(pids.map(connections));
    assert.deepEqual(
      after.map((count, at) => count - before[at]),
      [4, 4],
    );
  });

  it('goes on when one of them is killed, and starts another', async (t) => {
    const { url, members, child, stderr } = await start(t, '--no-grpc');
    const before = await members();
    process.kill(before[0], 'SIGKILL');
    await until(() => !isAlive(before[0]));
    for (let call = 0; call < 10; call++) assert.equal((await predict(url)).status, 200);
    await until(async () => (await members()).length === 2);
    await until(async () => {
      const replies = await Promise.all(Array.from({ length: 10 }, () => predict(url)));
      return new Set(replies.map(({ id }) => processOf(id))).size === 2;
    });
    child.kill('SIGTERM');
    assert.match(await stderr, /"how":"SIGKILL","msg":"a process of the service has ended; another is started"/);
  });

  it('takes models in and out of all of them, and of those that come later', async (t) => {
    const { url, members } = await start(t, '--no-grpc', '--model-control');
    /** Statuses, and the processes that they come from. */
    const asked = async () => {
      const replies = await Promise.all(Array.from({ length: 10 }, () => predict(url)));
      const processes = new Set(replies.map(({ id }) => processOf(id)));
      return { statuses: [...new Set(replies.map(({ status }) => status))], processes: processes.size };
    };
    const control = (action: string) => post(`${url}/v2/repository/models/trees-100x6/${action}`, {});
    assert.equal((await control('unload')).status, 200);
    assert.deepEqual(await asked(), { statuses: [404], processes: 2 });
    const [first] = await members();
    process.kill(first, 'SIGKILL');
    await until(() => !isAlive(first));
    await until(async () => {
      const { statuses, processes } = await asked();
      assert.deepEqual(statuses, [404]);
      return processes === 2;
    });
    assert.equal((await control('load')).status, 200);
    assert.deepEqual(await asked(), { statuses: [200], processes: 2 });
    // Whoever is starting while a model is loaded again has it too.
    assert.equal((await control('unload')).status, 200);
    const [second] = await members();
    process.kill(second, 'SIGKILL');
    await until(async () => !isAlive(second) && (await members()).length === 2);
    assert.equal((await control('load')).status, 200);
    await until(async () => (await asked()).processes === 2);
    await until(async () => (await asked()).statuses.join() === '200');
    const unknown = await post(`${url}/v2/repository/models/nobody/load`, {});
    assert.equal(unknown.status, 404);
  });

  it('tells of itself and of its records on the admin port alone; each process reads what another has recorded', async (t) => {
    const words = ['--no-grpc', '--admin-port', '0', '--record', 'all', '--records-api'];
    const CALLS = 12;
    const asked = async (url: string) => Promise.all(Array.from({ length: CALLS }, () => predict(url)));
    /** What is read over so many connections, and by how many processes. */
    const read = async (admin: string, path: string) => {
      const bodies = new Set<string>();
      const statuses = new Set<number | undefined>();
      const readers = new Set<string>();
      for (let turn = 0; turn < 100 && (turn < 8 || readers.size < 2); turn++) {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const { statusCode, headers, body } = await ask(admin + path, agent);
        agent.destroy();
        statuses.add(statusCode);
        bodies.add(body);
        readers.add(processOf(String(headers['x-request-id'])));
      }
      return { bodies: [...bodies], statuses: [...statuses], readers: readers.size };
    };

    const first = await start(t, ...words);
    const admin = first.admin ?? assert.fail('it is told');
    const answers = await asked(first.url);
    assert.equal(new Set(answers.map(({ id }) => processOf(id))).size, 2);
    for (const { json } of answers.slice(0, 4)) {
      const { bodies, statuses, readers } = await read(admin, `/predictions/${json.id}`);
      assert.deepEqual([statuses, bodies.length, readers], [[200], 1, 2]);
      assert.equal(JSON.parse(bodies[0]).id, json.id);
    }
    await until(async () => (await metric(admin, 'millrace_records_written_total')) === CALLS);
    assert.equal(await metric(admin, 'millrace_requests_total{'), CALLS);
    const { id } = answers[0].json;
    assert.equal((await post(`${admin}/predictions/${id}/label`, { score: 1 })).status, 200);
    for (const path of ['/metrics', `/predictions/${id}`]) assert.equal((await fetch(first.url + path)).status, 404);
    assert.equal((await post(`${first.url}/predictions/${id}/label`, { score: 1 })).status, 404);
    assert.equal((await post(`${admin}/predict/trees-100x6`, input)).status, 404);
    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 0);

    const second = await startIn(t, first.home, ...words);
    const all = [...answers, ...(await asked(second.url))];
    assert.equal(new Set(all.map(({ json }) => json.id)).size, 2 * CALLS);
    // A request's id begins with what its process alone has, in this life or another.
    assert.equal(new Set(all.map((answer) => processOf(answer.id))).size, 4);
    const { statuses } = await read(second.admin ?? '', `/predictions/${id}`);
    assert.deepEqual(statuses, [200]);
  });
});
