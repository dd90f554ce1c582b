/**
 * Every door of a service × everybody who may come: who gets in stands in the table of docs/ACCESS.md, and in no other place that this
 * test reads.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type ClientReadableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { createDoorkeeper } from '../../src/access/doorkeeper.ts';
import { doors } from '../../src/access/doors.ts';
import { openKeyring } from '../../src/access/keyring.ts';
import { openKeys } from '../../src/access/keys.ts';
import type { Role } from '../../src/access/principal.ts';
import { actsOf } from '../../src/deployments/service/acts.ts';
import { healthProtocol } from '../../src/modes/service/grpc/health.ts';
import { inferenceProtocol } from '../../src/modes/service/grpc/messages.ts';
import { reflectionProtocols } from '../../src/modes/service/grpc/reflection.ts';
import { models, openApp, serveApp } from '../modes/service/serving.ts';

interface Row {
  readonly door: string;
  readonly needed: string;
  readonly others: string;
}

const page = readFileSync(join(import.meta.dirname, '../../docs/ACCESS.md'), 'utf8');
const table: readonly Row[] = [...page.matchAll(/^\| `([^`]+)` \| (anyone|predict|operate|admin) \| ([^|]+) \|/gm)].map(
  ([, door, needed, others]) => ({ door, needed, others: others.trim() }),
);

/** A service with keys, everything open that can be. */
const start = async (t: { after(work: () => unknown): void }) => {
  const app = await openApp(t);
  const keys = await app.keys();
  const made = async (role: Role, only?: readonly string[]) =>
    (await keys.create({ role, models: only }, 'ada')).secret;
  const longAgo = openKeys(await app.ledgerStore(), () => new Date('2020-01-01T00:00:00Z'));
  const { secret: expired } = await longAgo.create({ role: 'admin', expiresAt: '2020-01-02T00:00:00Z' }, 'ada');
  const ended = await keys.create({ role: 'admin' }, 'ada');
  await keys.revoke(ended.key.id, 'ada');
  const callers = {
    nobody: undefined,
    'a wrong key': `mr_0a1b2c3d4e_${'A'.repeat(43)}`,
    'no key at all': 'hello',
    'an expired key': expired,
    'a revoked key': ended.secret,
    predict: await made('predict'),
    operate: await made('operate'),
    admin: await made('admin'),
    'a foreign key': await made('admin', ['other-*']),
  };
  const keyring = await openKeyring({ keys, clock: app.clock, onLost: (error) => assert.fail(String(error)) });
  // So many wrong keys come from here that they would be slowed.
  const doorkeeper = createDoorkeeper({ keyring, attempts: { failed: () => undefined } });
  const recorder = await app.recorder({ share: 1, days: 30, most: 1000 });
  t.after(async () => {
    await doorkeeper.close();
    await recorder.close();
  });
  const standing = { names: [], list: async () => [] } as never;
  const opened = { acts: actsOf(app), recordsApi: true, modelControl: true, recorder, standing: async () => standing };
  const { url, service } = await serveApp(t, app, [models.trees], { doorkeeper, ...opened });
  return { url, grpc: await service.listenGrpc({ host: '127.0.0.1', port: 0 }), callers };
};

type World = Awaited<ReturnType<typeof start>>;
type Name = keyof World['callers'];
type Verdict = 'in' | 'unknown' | 'forbidden';

const ofStatus = (code: number): Verdict => {
  assert.notEqual(code, 429, 'nobody is slowed here');
  return code === 401 ? 'unknown' : code === 403 ? 'forbidden' : 'in';
};

const VALUES: Readonly<Record<string, string>> = {
  model: 'trees-100x6',
  version: '1.0.0',
  id: 'nobody',
  deployment: 'x',
};

const askHttp = async ({ url }: World, door: string, key: string | undefined): Promise<Verdict> => {
  const [method, path] = door.split(' ');
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => VALUES[name] ?? 'x');
  const headers = { ...(key !== undefined && { authorization: `Bearer ${key}` }), 'content-type': 'application/json' };
  const response = await fetch(`${url}${filled}`, { method, headers, ...(method === 'POST' && { body: '{}' }) });
  const text = await response.text();
  assert.ok(key === undefined || !text.includes(key), `${door} tells the key`);
  return ofStatus(response.status);
};

const methods = new Map(
  [inferenceProtocol, healthProtocol, ...reflectionProtocols].flatMap(({ service }) =>
    Object.values(service).map((method) => [method.path.slice(1), method] as const),
  ),
);

const askGrpc = async ({ grpc }: World, door: string, key: string | undefined): Promise<Verdict> => {
  const method = methods.get(door);
  assert.ok(method, `${door} is a method`);
  const Client = makeGenericClientConstructor({}, 'any');
  const client = new Client(grpc, credentials.createInsecure());
  const metadata = new Metadata();
  if (key !== undefined) metadata.set('x-api-key', key);
  const { path, requestSerialize, responseDeserialize } = method;
  const asked = { name: VALUES.model, model_name: VALUES.model };
  try {
    return await new Promise<Verdict>((resolve) => {
      const told = ({ code }: Pick<ServiceError, 'code'>): void =>
        resolve(code === status.UNAUTHENTICATED ? 'unknown' : code === status.PERMISSION_DENIED ? 'forbidden' : 'in');
      if (!method.requestStream && !method.responseStream) {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, asked, metadata, (error) =>
          told(error ?? { code: status.OK }),
        );
        return;
      }
      const listen = (call: ClientReadableStream<{ readonly error_message?: string }>): void => {
        call.once('error', (error: Error) => told(error as ServiceError));
        // What a stream says of a foreign model stands in its answers.
        call.once('data', ({ error_message: text = '' }) =>
          resolve(/not for this model/.test(text) ? 'forbidden' : 'in'),
        );
      };
      if (!method.requestStream) {
        listen(client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, asked, metadata));
        return;
      }
      const both = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
      listen(both);
      both.write(asked);
      both.end();
    });
  } finally {
    client.close();
  }
};

const LADDER = ['predict', 'operate', 'admin'];

/** What the table says of one who comes. */
const expected = ({ needed, others }: Row, name: Name): Verdict => {
  if (needed === 'anyone') return 'in';
  if (name === 'a foreign key') return others === 'refused' ? 'forbidden' : 'in';
  if (!LADDER.includes(name)) return 'unknown';
  return LADDER.indexOf(name) >= LADDER.indexOf(needed) ? 'in' : 'forbidden';
};

describe('the table of doors', () => {
  it('is the same in docs/ACCESS.md and in the code', () => {
    assert.deepEqual(Object.fromEntries(table.map(({ door, needed }) => [door, needed])), doors);
  });
});

describe('who gets in', () => {
  let world: World;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    world = await start({ after: (work) => cleanups.push(work) });
  });
  after(async () => {
    for (const close of cleanups.reverse()) await close();
  });

  for (const row of table) {
    it(`by ${row.door}: ${row.needed}`, async () => {
      const ask = row.door.includes(' ') ? askHttp : askGrpc;
      const said: Record<string, Verdict> = {};
      const meant: Record<string, Verdict> = {};
      // A model that was taken out by one would be missing for the next.
      for (const [name, key] of Object.entries(world.callers)) {
        said[name] = await ask(world, row.door, key);
        meant[name] = expected(row, name as Name);
      }
      assert.deepEqual(said, meant);
    });
  }
});
