import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { InferenceClient } from '../../src/modes/service/grpc/messages.ts';
import type { ServiceSource } from '../../src/modes/service/model.ts';
import type { ServiceOptions } from '../../src/modes/service/service.ts';
import type { Pool } from '../../src/workers/pool.ts';
import { openApp, post, serveApp, until } from '../modes/service/serving.ts';
import { type Deed, packageOf } from './models.ts';

/** What a worker may take. */
const MEMORY_BYTES = 2 ** 30;

/** Serves models by what they do; `moved` is what the reference `moving` means from then on. */
const serve = async (t: TestContext, refs: readonly string[], options: Partial<ServiceOptions> = {}) => {
  const app = await openApp(t);
  const pools: Pool[] = [];
  let moved: Awaited<ReturnType<typeof packageOf>> | undefined;
  const source: ServiceSource = {
    open: async (ref) =>
      moved ??
      (ref === 'neighbour' ? packageOf('none', { name: ref }) : packageOf(ref === 'moving' ? 'none' : (ref as Deed))),
    load: app.load,
    prove: (found, { signal }) => app.prove(found, { rowMs: 2000, signal }),
    async isolate(given) {
      const pool = await app.isolate({ ...given, limits: { memoryBytes: MEMORY_BYTES } });
      pools.push(pool);
      return pool;
    },
    resolve: async () => moved && { version: moved.manifest.version, digest: moved.digest },
  };
  const limits = { queueMs: 60_000, ...options.limits };
  const served = await serveApp(t, app, refs, { modelWorkers: 2, followMs: 20, ...options, source, limits });
  const move = (found: typeof moved) => {
    moved = found;
  };
  return {
    ...served,
    pools,
    move,
    predict: (x: number, headers = {}) => post(`${served.url}/predict/hostile`, { x }, headers),
  };
};

describe('a service', () => {
  it('outlives a row that crashes the runtime, refuses it alone, and answers its neighbours', async (t) => {
    const { url, predict } = await serve(t, ['crashes natively']);
    const all = await Promise.all([1, 2, 6, 3, 4].map((x) => predict(x)));
    assert.deepEqual(
      all.map(({ status }) => status),
      [200, 200, 422, 200, 200],
    );
    assert.equal(all[2].json.error.code, 'MODEL_FAILED');
    assert.match(all[2].json.error.message, /SIGFPE/);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
  });

  for (const [deed, how] of [
    ['takes memory without end', /1024 MiB of memory/],
    ['ends its process', /exit code 0/],
    ['kills its process', /SIGKILL/],
  ] as const) {
    it(`outlives a row with which its model ${deed}, refuses it alone, and answers its neighbours`, async (t) => {
      const { url, predict, pools } = await serve(t, [deed]);
      const all = await Promise.all([1, 2, 6, 3, 4].map((x) => predict(x)));
      assert.deepEqual(
        all.map(({ status }) => status),
        [200, 200, 422, 200, 200],
      );
      assert.equal(all[2].json.error.code, 'MODEL_FAILED');
      assert.match(all[2].json.error.message, how);
      assert.equal((await fetch(`${url}/livez`)).status, 200);
      await until(() => pools[0].ready === 2);
      assert.equal((await predict(5)).status, 200);
    });
  }

  for (const [deed, asked, deadlineMs] of [
    ['loops in the graph', {}, 1000],
    ['loops in the transform', { parameters: { timeout: { int64_param: '1000000' } } }, 60_000],
  ] as const) {
    const whose = deadlineMs === 1000 ? 'the deadline of gRPC' : 'the timeout of Triton';
    it(`answers by ${whose} when a model ${deed}, goes on with others, and replaces the worker`, async (t) => {
      const { service, pools, predict } = await serve(t, [deed, 'neighbour']);
      const client = new InferenceClient(
        await service.listenGrpc({ host: '127.0.0.1', port: 0 }),
        credentials.createInsecure(),
      );
      t.after(() => client.close());
      const infer = (model_name: string, x: number, more: object = {}, ms = 60_000) => {
        const inputs = [{ name: 'x', datatype: 'FP64', shape: [1], contents: { fp64_contents: [x] } }];
        return new Promise((resolve, reject) => {
          client.ModelInfer(
            { model_name, inputs, ...more },
            { deadline: Date.now() + ms },
            (error: ServiceError | null, answer: unknown) => (error ? reject(error) : resolve(answer)),
          );
        });
      };
      assert.equal((await predict(1)).status, 200);
      const late = infer('hostile', 6, asked, deadlineMs);
      await infer('neighbour', 2);
      await assert.rejects(late, { code: status.DEADLINE_EXCEEDED });
      await infer('neighbour', 3);
      await until(() => pools[0].restarts > 0 && pools[0].ready === 2);
      await infer('hostile', 4);
    });
  }

  for (const deed of ['loops in the graph', 'loops in the transform'] as const) {
    it(`answers 504 in time when a model ${deed}, goes on, and is closed in time`, async (t) => {
      const { predict, service } = await serve(t, [deed], { limits: { timeoutMs: 3000 } });
      const { status, json } = await predict(6, { 'x-request-timeout': '500ms' });
      assert.deepEqual([status, json.error.code], [504, 'DEADLINE_EXCEEDED']);
      assert.equal((await predict(1)).status, 200);
      // Longer than the service itself allows: it ends with the service all the same.
      const patient = predict(6, { 'x-request-timeout': '99999999999' }).catch(() => undefined);
      await until(() => service.plane.models.slots[0].model?.batcher.inFlight === 1);
      await service.close({ lingerMs: 0 });
      await patient;
    });
  }

  it('leaves the old version in place when the new one crashes or never ends, and says why', async (t) => {
    const { predict, move, service } = await serve(t, ['moving']);
    const [slot] = service.plane.models.slots;
    const example = { input: { x: 6 }, output: { y: 12 } };
    for (const deed of ['crashes natively', 'loops in the transform'] as const) {
      const found = await packageOf(deed, { version: '2.0.0', examples: [example] });
      move(found);
      await until(() => slot.problem !== undefined);
      assert.equal(slot.problem?.code, 'BAD_MODEL');
      const { status, json } = await predict(6);
      assert.deepEqual([status, json.version, json.prediction], [200, '1.0.0', { y: 12 }]);
      Object.assign(slot, { problem: undefined });
    }
  });

  it('runs inline what is known to be safe, and in processes of its own what is not', async (t) => {
    const { service, pools } = await serve(t, ['none']);
    assert.deepEqual([service.plane.models.slots[0].card?.isolation, pools.length], ['inline', 0]);
    const other = await serve(t, ['loops in the transform']);
    assert.deepEqual([other.service.plane.models.slots[0].card?.isolation, other.pools.length], ['workers', 1]);
  });
});
