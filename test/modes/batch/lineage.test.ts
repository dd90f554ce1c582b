/** Who keeps lineage hears of runs as OpenLineage has it, and no run fails or waits for them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { BatchEvent } from '../../../src/modes/batch/batch.ts';
import { readDeployment } from '../../../src/modes/batch/deployment.ts';
import { datasetsOf } from '../../../src/modes/batch/lineage/dataset.ts';
import { receiveCalls } from '../../channels/receiver.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, type ProjectOptions, type TestProject, trips } from './project.ts';

const KEY = 'k3y-of-lineage';

const projectTold = async (t: TestContext, openlineage: string, options: Omit<ProjectOptions, 'folder'> = {}) => {
  const project = await createProject({
    folder: tempFolder(t),
    env: { LINEAGE_KEY: KEY },
    rows: trips(300).map((trip, index) => (index === 7 ? { ...trip, f0: -1000 } : trip)),
    ...options,
  });
  appendFileSync(join(project.folder, 'millrace.yaml'), `openlineage: ${openlineage}\n`);
  return project;
};

/** Runs the deployment; what was noted beside. */
const runNoting = async (project: TestProject, window?: string) => {
  const notes: string[] = [];
  const onEvent = (event: BatchEvent): void => {
    if (event.what === 'noted') notes.push(event.message);
  };
  const app = project.app();
  try {
    const { signal } = new AbortController();
    const performed = await (await app.batch()).run({ deployment: 'trips', window, signal, onEvent });
    return { performed, notes };
  } finally {
    await app.close();
  }
};

const eventsOf = (calls: readonly { readonly text: string }[]) => calls.map(({ text }) => JSON.parse(text));

describe('lineage of batch runs', () => {
  it('begins with START and ends with COMPLETE, with names, columns and counts, under one UUID', async (t) => {
    const { url, calls } = await receiveCalls(t);
    const project = await projectTold(t, `{url: "${url}", api_key: "\${LINEAGE_KEY}", headers: {x-team: rides}}`);
    const { notes } = await runNoting(project);
    assert.deepEqual(notes, []);
    assert.deepEqual(
      calls.map(({ path, headers }) => [path, headers.authorization, headers['x-team'], headers['content-type']]),
      [1, 2].map(() => ['/api/v1/lineage', `Bearer ${KEY}`, 'rides', 'application/json']),
    );
    const [start, complete] = eventsOf(calls);
    assert.deepEqual([start.eventType, complete.eventType], ['START', 'COMPLETE']);
    assert.match(start.run.runId, /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.equal(complete.run.runId, start.run.runId);
    assert.deepEqual(complete.job, { namespace: 'millrace', name: 'trips' });
    assert.equal(complete.schemaURL, 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent');
    assert.ok(URL.canParse(complete.producer));
    assert.ok(Date.parse(start.eventTime) <= Date.parse(complete.eventTime));
    assert.deepEqual(complete.run.facets, {});

    const place = pathToFileURL(join(project.folder, 'warehouse.db')).href;
    const [input] = complete.inputs;
    assert.deepEqual([input.namespace, input.name], [place.replace('file:', 'sqlite:'), 'trips']);
    const { name, uri } = input.facets.dataSource;
    assert.deepEqual([name, uri], ['warehouse', place]);
    assert.ok(input.facets.schema.fields.some((field: { readonly name: string }) => field.name === 'f15'));
    assert.equal(input.inputFacets.inputStatistics.rowCount, 300);
    const [output] = complete.outputs;
    assert.equal(output.name, 'scores');
    const columns = output.facets.schema.fields.map((field: { readonly name: string }) => field.name);
    assert.deepEqual(columns.slice(0, 2), ['id', 'city']);
    assert.equal(output.outputFacets.outputStatistics.rowCount, 299);
    assert.match(output.facets.schema._schemaURL, /^https:\/\/openlineage\.io\/spec\/facets\//);

    // A window that was finished before is told of no more.
    await runNoting(project);
    assert.equal(calls.length, 2);
  });

  it('tells files by their paths, and a window by its ends', async (t) => {
    const { url, calls } = await receiveCalls(t);
    const settings = {
      window: 'day',
      source: { files: 'trips.csv' },
      sink: { file: 'out/{{ from | yyyy-MM-dd }}.csv' },
    };
    const project = await projectTold(t, `"${url}/of/ours"`, { from: 'csv', to: 'csv', settings });
    await runNoting(project, '2026-11-01');
    const [, { run, inputs, outputs }] = eventsOf(calls);
    assert.equal(calls[0]?.path, '/of/ours');
    const { nominalStartTime, nominalEndTime } = run.facets.nominalTime;
    assert.deepEqual([nominalStartTime, nominalEndTime], ['2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z']);
    const names = [...inputs, ...outputs].map(({ namespace, name }) => [namespace, name]);
    assert.deepEqual(names, [
      ['file', join(project.folder, 'trips.csv')],
      ['file', join(project.folder, 'out', '2026-11-01.csv')],
    ]);
  });

  it('names tables of PostgreSQL by server, database and schema, without who reads them', () => {
    const deployment = readDeployment('trips', {
      mode: 'batch',
      model: './model',
      source: { connection: 'warehouse', sql: 'select 1' },
      sink: { connection: 'warehouse', table: 'scores', key: 'id' },
    });
    const lineage = { settings: { url: '' }, connection: () => 'postgres://reader:s3cret@db.example/rides' };
    const named = datasetsOf({ folder: '/', lineage, deployment, window: undefined });
    const place = { name: 'warehouse', uri: 'postgres://db.example:5432/rides' };
    const namespace = 'postgres://db.example:5432';
    assert.deepEqual(named, {
      inputs: [{ namespace, name: 'rides.trips.query', place }],
      outputs: [{ namespace, name: 'rides.public.scores', place }],
    });
  });

  it('ends with FAIL and why, where a run has failed', async (t) => {
    const { url, calls } = await receiveCalls(t);
    const project = await projectTold(t, url, { settings: { max_rejected: 0 } });
    await assert.rejects(runNoting(project), { code: 'TOO_MANY_REJECTS' });
    const [start, failed] = eventsOf(calls);
    assert.deepEqual([start.eventType, failed.eventType, calls.length], ['START', 'FAIL', 2]);
    assert.match(failed.run.facets.errorMessage.message, /^TOO_MANY_REJECTS: /);
    assert.equal(failed.run.runId, start.run.runId);
    assert.equal(failed.inputs[0].inputFacets.inputStatistics.rowCount, 300);
    assert.equal(failed.outputs[0].outputFacets, undefined);
  });

  it('says once that a receiver is not there, refuses or hangs, and the run is finished all the same', async (t) => {
    const refusing = await receiveCalls(t, () => 500);
    const hanging = createServer(() => {}).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    t.after(() => {
      hanging.closeAllConnections();
      hanging.close();
    });
    const port = (hanging.address() as AddressInfo).port;
    const flaws = [
      ['http://127.0.0.1:1', /^openlineage: http:\/\/127\.0\.0\.1:1 could not be reached/],
      [refusing.url, / answered 500; /],
      [`http://127.0.0.1:${port}`, /could not be reached \(no answer in time\)/],
    ] as const;
    for (const [url, note] of flaws) {
      const project = await projectTold(t, `{url: "${url}", timeout: 200ms, api_key: "\${LINEAGE_KEY}"}`);
      const { performed, notes } = await runNoting(project);
      assert.equal(performed.run.status, 'finished');
      assert.equal(notes.length, 1, notes.join('\n'));
      assert.match(notes[0] ?? '', note);
      assert.ok(!notes.join().includes(KEY));
    }
  });

  it('tells nobody where the address is empty, and refuses one that cannot be called before anything is scored', async (t) => {
    const silent = await projectTold(t, '"${LINEAGE_URL:-}"');
    assert.equal((await runNoting(silent)).performed.run.status, 'finished');
    const wrong = await projectTold(t, '"ftp://user:s3cret@example.com"');
    await assert.rejects(runNoting(wrong), (error: Error & { readonly code?: string }) => {
      assert.equal(error.code, 'BAD_PROJECT');
      assert.ok(!error.message.includes('s3cret'));
      return true;
    });
    assert.equal(await wrong.read(), undefined);
  });
});
