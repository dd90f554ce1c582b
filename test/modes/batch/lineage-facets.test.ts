/** What is told of runs has the form that OpenLineage's own library gives it; each state comes, and each end once. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import type { BatchEvent } from '../../../src/modes/batch/batch.ts';
import { receiveCalls } from '../../channels/receiver.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, type ProjectOptions, type TestProject, trips } from './project.ts';

interface KnownFacet {
  readonly schema: string;
  readonly keys: readonly string[];
  readonly required: readonly string[];
}

const known: {
  readonly states: readonly string[];
  readonly event: string;
  readonly column: readonly string[];
  readonly facets: Readonly<Record<string, KnownFacet>>;
} = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/openlineage/facets.json'), 'utf8'));

type Facets = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** @throws an assertion for a facet of another form */
const checkFacets = (facets: Facets = {}): readonly string[] =>
  Object.entries(facets).map(([name, { _producer, _schemaURL, ...said }]) => {
    const { schema, keys, required } = known.facets[name];
    assert.equal(_schemaURL, schema);
    assert.ok(URL.canParse(String(_producer)));
    for (const key of Object.keys(said)) assert.ok(keys.includes(key), `${name}.${key}`);
    for (const key of required) assert.ok(Object.hasOwn(said, key), `${name}.${key}`);
    return name;
  });

const told = async (t: TestContext, options: Omit<ProjectOptions, 'folder'>) => {
  const { url, calls } = await receiveCalls(t);
  const project = await createProject({ folder: tempFolder(t), ...options });
  appendFileSync(join(project.folder, 'millrace.yaml'), `openlineage: "${url}"\n`);
  const events = () =>
    calls.map(({ text }) => {
      const event = JSON.parse(text);
      assert.equal(event.schemaURL, known.event);
      assert.ok(known.states.includes(event.eventType));
      const facets = [
        event.run.facets,
        ...event.inputs.flatMap((one: Record<string, Facets>) => [one.facets, one.inputFacets]),
        ...event.outputs.flatMap((one: Record<string, Facets>) => [one.facets, one.outputFacets]),
      ];
      return { ...event, names: facets.flatMap(checkFacets) };
    });
  return { project, events };
};

const run = async (project: TestProject, onEvent?: (event: BatchEvent, stop: () => void) => void) => {
  const app = project.app();
  const stopping = new AbortController();
  try {
    const heard = (event: BatchEvent): void => onEvent?.(event, () => stopping.abort());
    return await (await app.batch()).run({ deployment: 'trips', signal: stopping.signal, onEvent: heard });
  } finally {
    await app.close();
  }
};

it('tells of the facets that the library knows, and counts the fields of the rows', async (t) => {
  const rows = trips(300).map((trip, index) => (index < 30 ? { ...trip, f3: null } : trip));
  const { project, events } = await told(t, { rows, settings: { max_rejected: 1 } });
  await run(project);
  const [, complete] = events();
  assert.deepEqual(
    new Set(complete.names),
    new Set(['dataSource', 'schema', 'inputStatistics', 'dataQualityMetrics', 'outputStatistics']),
  );
  const { columnMetrics, rowCount } = complete.inputs[0].inputFacets.dataQualityMetrics;
  assert.equal(rowCount, 300);
  assert.ok(Object.keys(columnMetrics.f1).every((key) => known.column.includes(key)));
  assert.deepEqual([columnMetrics.f1.nullCount, typeof columnMetrics.f1.min], [0, 'number']);
});

it('goes on with RUNNING where a run that was stopped is taken up again, and ends it once', async (t) => {
  const { project, events } = await told(t, { rows: trips(20_000), settings: { shard_rows: 500 } });
  await assert.rejects(run(project, (event, stop) => event.what === 'progress' && stop()));
  await run(project);
  const all = events();
  assert.deepEqual(
    all.map(({ eventType }) => eventType),
    ['START', 'RUNNING', 'COMPLETE'],
  );
  assert.equal(new Set(all.map((event) => event.run.runId)).size, 1);
});

it('ends with ABORT where a run is cancelled', async (t) => {
  const { project, events } = await told(t, { rows: trips(20_000), settings: { shard_rows: 500 } });
  const other = project.app();
  let cancelling: Promise<unknown> | undefined;
  let id = '';
  await assert.rejects(
    run(project, (event) => {
      if ('run' in event) id = event.run.id;
      if (event.what === 'progress') cancelling ??= other.batch().then((batch) => batch.cancel(id));
    }),
    { code: 'CANCELLED' },
  );
  await cancelling;
  await other.close();
  const [, abort] = events();
  assert.deepEqual([abort.eventType, events().length], ['ABORT', 2]);
});

it('tells the end of a run once, though a reaction to it fails and is tried again', async (t) => {
  const { project, events } = await told(t, {
    rows: trips(300),
    settings: { react: [{ command: 'test -e ready' }] },
  });
  const [first] = (await run(project)).reacted;
  const [again] = (await run(project)).reacted;
  assert.deepEqual([first.what, again.what], ['failed', 'failed']);
  appendFileSync(join(project.folder, 'ready'), '');
  const [done] = (await run(project)).reacted;
  assert.equal(done.what, 'done');
  assert.deepEqual((await run(project)).reacted, []);
  assert.deepEqual(
    events().map(({ eventType }) => eventType),
    ['START', 'COMPLETE'],
  );
});
