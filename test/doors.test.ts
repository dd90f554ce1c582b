import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Broker } from '../src/brokers/broker.ts';
import { openBroker } from '../src/brokers/index.ts';
import { postgresKind, sqliteKind } from './contracts/databases.ts';
import type { Door } from './contracts/door.ts';
import { datatypesOf, doorsContract, modelFiles } from './contracts/doors.ts';
import { grpcDoors, post, serviceDoors } from './contracts/doors-drivers.ts';
import { fileDoors, tableDoor, topicDoor } from './contracts/doors-stores.ts';
import { type LentKafka, withKafka } from './kafka.ts';
import { serve } from './modes/service/serving.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-doors-'));
const model = join(folder, 'model');
const cleanups: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

let lendKafka: (() => Promise<LentKafka>) | undefined;
withKafka('Doors of Kafka', (lend) => {
  lendKafka = lend;
});

describe('one row, one answer', { timeout: 280_000 }, () => {
  const doors: Door[] = [];
  let url = '';
  before(async () => {
    mkdirSync(model);
    for (const [name, content] of Object.entries(modelFiles)) writeFileSync(join(model, name), content);
    const served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, [model], {
      limits: { queueMs: 60_000 },
    });
    url = served.url;
    const grpc = grpcDoors(await served.service.listenGrpc({ host: '127.0.0.1', port: 0 }));
    const scorer = await served.app.scorer(model);
    cleanups.push(grpc.close, scorer.close);
    const kinds = [sqliteKind(), postgresKind()];
    cleanups.push(...kinds.map(({ remove }) => remove));
    const topic = async (name: string, address: string): Promise<Door> => {
      const broker: Broker = await openBroker(address, { home: folder, folder });
      cleanups.push(() => broker.close());
      return topicDoor(scorer, name, broker);
    };
    doors.push(...serviceDoors(url, datatypesOf), ...grpc.doors, ...fileDoors(scorer, folder, model));
    doors.push(...kinds.map((kind) => tableDoor(scorer, kind)), await topic('the embedded log', 'embedded:streams.db'));
    if (lendKafka) doors.push(await topic('Kafka', (await lendKafka()).address));
  });

  doorsContract(() => doors);

  it('a body in the charset that its content type declares is converted, and any other is refused', async () => {
    const latin = Buffer.from('{"t":"café"}', 'latin1');
    const send = (charset: string, body: Buffer, type = 'application/json') =>
      post(`${url}/predict/doors`, body, { 'content-type': `${type}; charset=${charset}` });
    const textOf = async (seen: ReturnType<typeof send>) => ({ is: {}, ...(await seen) }).is;
    for (const charset of ['iso-8859-1', 'windows-1252', '"ISO-8859-1"']) {
      assert.equal(((await textOf(send(charset, latin))) as { t_seen?: string }).t_seen, 'café', charset);
    }
    const table = Buffer.from('t,a\ncafé,1\n', 'latin1');
    assert.equal(((await textOf(send('iso-8859-1', table, 'text/csv'))) as { t_seen?: string }).t_seen, 'café');
    const wide = Buffer.from('{"t":"café"}', 'utf16le');
    assert.equal(((await textOf(send('utf-16le', wide))) as { t_seen?: string }).t_seen, 'café');
    assert.deepEqual(await send('utf-8', latin), { code: 'BAD_JSON' });
    assert.deepEqual(await send('utf-8', wide), { code: 'BAD_JSON' });
    assert.deepEqual(await send('klingon', latin), { code: 'UNSUPPORTED_MEDIA' });
  });

  it('the wrapping of another server is refused with a word about ours', async () => {
    for (const body of [
      '{"instances":[{"a":1}]}',
      '{"dataframe_split":{"columns":["a"],"data":[[1]]}}',
      '{"data":{"ndarray":[[1]]}}',
    ]) {
      const response = await fetch(`${url}/predict/doors`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      assert.deepEqual([response.status, error.code], [400, 'BAD_REQUEST'], body);
      assert.match(error.message, /\{"rows": \[/);
    }
  });

  it('a column that comes twice is refused, and named', async () => {
    const twice = Buffer.from('{"dataframe_split":{"columns":["a","a","n"],"data":[[1,2,3]]}}');
    assert.deepEqual(await post(`${url}/invocations`, twice, { 'content-type': 'application/json' }), {
      code: 'BAD_REQUEST',
    });
  });
});
