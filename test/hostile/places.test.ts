/** What a caller is told says what went wrong, and never where: no path, no host, no database, no stack. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { wordsOf } from '../../src/core/words.ts';
import { InferenceClient } from '../../src/modes/service/grpc/messages.ts';
import type { ServiceSource } from '../../src/modes/service/model.ts';
import { following, models, openApp, register, type Served, serveApp, until } from '../modes/service/serving.ts';
import { tempFolder } from '../temp-folder.ts';
import { packageOf } from './models.ts';

/** Paths of this machine, addresses, databases, what stands in stacks, and the names that these tests give to places. */
const places =
  /\/(?:tmp|var|usr|home|root|opt|srv|etc|private|Users)\/|\d+\.\d+\.\d+\.\d+|sqlite|postgres|kafka:|secret|\n\s+at |node:|\.ts:\d/i;
const checkTold = (text: string): void => assert.doesNotMatch(text, places);

type Said = readonly [code: string, text: string];
const rest = async (url: string, path: string, body: string, type = 'application/json'): Promise<Said> => {
  const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
  const text = await response.text();
  checkTold([...response.headers].filter(([name]) => name !== 'traceparent').join());
  return [/"code":"([A-Z_]+)"/.exec(text)?.[1] ?? `${response.status}`, text];
};
/** Code, message and trailing metadata of a call that fails. */
const grpc = async (t: TestContext, { service }: Served, method: string, request: object): Promise<Said> => {
  const client = new InferenceClient(
    await service.listenGrpc({ host: '127.0.0.1', port: 0 }),
    credentials.createInsecure(),
  );
  t.after(() => client.close());
  return new Promise((resolve) => {
    client[method](
      request,
      (error: { details: string; metadata: { getMap(): object; get(key: string): unknown[] } } | null) => {
        const told = error && JSON.stringify([error.details, error.metadata.getMap()]);
        resolve([String(error?.metadata.get('millrace-code')[0]), told ?? 'no error']);
      },
    );
  });
};

/** What makes a package in a folder unfit, and how that is told. */
const spoilt: Readonly<Record<string, readonly [code: string, spoil: (folder: string) => void]>> = {
  'is not there any more': ['FILE_NOT_FOUND', (folder) => rmSync(folder, { recursive: true })],
  'lacks its model': ['FILE_NOT_FOUND', (folder) => rmSync(join(folder, 'model.onnx'))],
  'has a model that is none': ['BAD_MODEL', (folder) => writeFileSync(join(folder, 'model.onnx'), 'no model')],
  'has a manifest that is none': ['BAD_MANIFEST', (folder) => writeFileSync(join(folder, 'model.yaml'), 'name: [')],
  'has examples that are none': ['BAD_EXAMPLES', (folder) => writeFileSync(join(folder, 'examples.json'), '{')],
  'answers an example otherwise': [
    'EXAMPLE_OFF',
    (folder) => {
      const file = join(folder, 'examples.json');
      const examples = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify(examples.map((one: object) => ({ ...one, output: { minutes: -77 } }))));
    },
  ],
};

describe('a caller is told of no place', () => {
  for (const [what, [code, spoil]] of Object.entries(spoilt)) {
    it(`when a package ${what}`, async (t) => {
      const folder = join(tempFolder(t), 'secret', 'ride');
      cpSync(models.ride, folder, { recursive: true });
      const served = await serveApp(t, await openApp(t), [folder], { modelControl: true });
      const { url } = served;
      await rest(url, '/v2/repository/models/ride-duration/unload', '');
      spoil(folder);
      const answers = [
        await rest(url, '/v2/repository/models/ride-duration/load', ''),
        await grpc(t, served, 'RepositoryModelLoad', { model_name: 'ride-duration' }),
      ];
      for (const [told, text] of answers) {
        assert.equal(told, code, text);
        checkTold(text);
      }
      for (const path of ['/v2/repository/index', '/predict/ride-duration', '/v2/models/ride-duration/infer']) {
        checkTold((await rest(url, path, '{}'))[1]);
      }
      for (const path of ['/readyz', '/v2/models/ride-duration/ready', '/metrics']) {
        const text = await (await fetch(`${url}${path}`)).text();
        if (path !== '/metrics') checkTold(text);
      }
    });
  }

  it('when the registry has lost its files', async (t) => {
    const app = await openApp(t);
    await register(app, models.ride, {});
    const served = await serveApp(t, app, ['ride-duration@1.0.0'], { modelControl: true, source: following(app) });
    await rest(served.url, '/v2/repository/models/ride-duration/unload', '');
    rmSync(join(app.home, 'blobs'), { recursive: true });
    const [, text] = await rest(served.url, '/v2/repository/models/ride-duration/load', '');
    assert.match(text, /STORE_FAILED|DAMAGED_PACKAGE|FILE_NOT_FOUND/);
    checkTold(text);
    checkTold((await grpc(t, served, 'RepositoryModelLoad', { model_name: 'ride-duration' }))[1]);
  });

  it('when the records cannot be read', async (t) => {
    const app = await openApp(t);
    const recorder = await app.recorder({ share: 1, days: 1, most: 100 });
    t.after(() => recorder.close());
    const { url } = await serveApp(t, app, [models.ride], { recorder, recordsApi: true });
    const [{ input }] = JSON.parse(readFileSync(join(models.ride, 'examples.json'), 'utf8'));
    const { id } = JSON.parse((await rest(url, '/predict/ride-duration', JSON.stringify(input)))[1]);
    await until(() => recorder.figures.written === 1);
    const database = new DatabaseSync(join(app.home, 'registry.db'));
    database.exec('drop view if exists predictions; drop table recorded');
    database.close();
    const read = await (await fetch(`${url}/predictions/${id}`)).text();
    const labelled = (await rest(url, `/predictions/${id}/label`, '{"minutes":1}'))[1];
    for (const text of [read, labelled]) {
      assert.match(text, /STORE_FAILED/);
      checkTold(text);
    }
  });

  it('when a transform throws what has places in it, at any door', async (t) => {
    const thrown =
      "open '/srv/secret/place/x.csv', connect ECONNREFUSED 10.1.2.3:5432, postgres://u:p@secret.example/db, C:\\\\secret\\\\y";
    const found = await packageOf('none', {
      transform: `export const prepare = (row) => { if (row.x > 5) throw new Error(${JSON.stringify(thrown)}); return { x: row.x }; };`,
    });
    const app = await openApp(t);
    const source: ServiceSource = { open: async () => found, load: app.load, isolate: app.isolate };
    for (const isolation of ['inline', 'workers'] as const) {
      const served = await serveApp(t, app, ['any'], { source, isolation });
      const { url } = served;
      const tensor = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[6]}]}';
      const input = { name: 'x', datatype: 'FP64', shape: ['1'], contents: { fp64_contents: [6] } };
      const answers = [
        await rest(url, '/predict/hostile', '{"x":6}'),
        await rest(url, '/predict/hostile', '{"rows":[{"x":1},{"x":6}]}'),
        await rest(url, '/predict/hostile', 'x\n6\n', 'text/csv'),
        await rest(url, '/invocations', '{"instances":[6]}'),
        await rest(url, '/v2/models/hostile/infer', tensor),
        await grpc(t, served, 'ModelInfer', { model_name: 'hostile', inputs: [input] }),
      ];
      for (const [, text] of answers) {
        assert.match(text, /TRANSFORM_FAILED/);
        checkTold(text);
      }
      await served.service.close({ lingerMs: 0 });
    }
  });
});

describe('the words of others', () => {
  const told: Readonly<Record<string, string>> = {
    "ENOENT: no such file or directory, open '/home/me/secret.csv'":
      "ENOENT: no such file or directory, open 'secret.csv'",
    'spawn /usr/local/bin/node EAGAIN': 'spawn node EAGAIN',
    'getaddrinfo ENOTFOUND db.internal': 'getaddrinfo ENOTFOUND',
    'connect ECONNREFUSED ::1:5432': 'connect ECONNREFUSED',
    'connect ECONNREFUSED 127.0.0.1:5432': 'connect ECONNREFUSED',
    'cannot open postgres://me:word@db/x (now)': 'cannot open a URL (now)',
    'cannot open sqlite:/var/lib/x.db': 'cannot open a URL',
    'cannot open a.txt on db1.internal.example:5432': 'cannot open a.txt on an address',
    'no answer of db1.internal.example': 'no answer of an address',
    'no answer of broker.lan:9092, [fe80::1]:9092 or localhost:9092':
      'no answer of an address, an address or an address',
    '1.25 is no value of x.y, see row[1:2]': '1.25 is no value of x.y, see row[1:2]',
    'at C:\\Users\\me\\x.js': 'at x.js',
    "Cannot read properties of undefined (reading 'x')": "Cannot read properties of undefined (reading 'x')",
    'a ratio of 3/4 km/h at 12:30:05 is no TYPE Value': 'a ratio of 3/4 km/h at 12:30:05 is no TYPE Value',
    'first line\n    at f (/srv/x.js:1:2)': 'first line',
  };
  for (const [thrown, words] of Object.entries(told)) {
    it(`say '${words}'`, () => assert.equal(wordsOf(new Error(thrown)), words));
  }
});
