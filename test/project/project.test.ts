import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { readProject } from '../../src/project/project.ts';
import { tempFolder } from '../temp-folder.ts';

const projectOf = (t: TestContext, text: string, env: NodeJS.ProcessEnv = {}) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), text);
  return readProject({ cwd, env });
};

const refused = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof MillraceError, `not ours: ${error}`);
    return error.problem;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
};

const whole = `
environments: [development, production]
registry: postgres://me:\${SECRET}@db/registry
connections:
  warehouse: \${WAREHOUSE_URL:-sqlite:./warehouse.db}
stream: \${KAFKA_URL:-embedded}
deployments:
  ride-duration:
    mode: service
    model: ride-duration@production
    publish: ride.started
  fares-nightly:
    mode: batch
    model: ride-fare@production
    schedule: "0 2 * * *"
    source: { connection: warehouse, sql: "select * from rides where pickup >= :from and note <> '$\${x}'" }
    sink: { file: fares.parquet, columns: ["\${TAG}"] }
`;

test('a whole project is read, with the environment filled in', (t) => {
  const project = projectOf(t, whole, { SECRET: 's3cret', TAG: 'night' });
  assert.deepEqual(project.environments, ['development', 'production']);
  assert.equal(project.registry(), 'postgres://me:s3cret@db/registry');
  assert.equal(project.connection('warehouse'), 'sqlite:./warehouse.db');
  assert.equal(project.stream(), 'embedded');
  assert.deepEqual(project.deploymentNames, ['ride-duration', 'fares-nightly']);
  assert.deepEqual(project.deployment('fares-nightly'), {
    mode: 'batch',
    model: 'ride-fare@production',
    schedule: '0 2 * * *',
    source: { connection: 'warehouse', sql: "select * from rides where pickup >= :from and note <> '${x}'" },
    sink: { file: 'fares.parquet', columns: ['night'] },
  });
});

test('a variable set to nothing counts as unset where there is a default', (t) => {
  assert.equal(projectOf(t, whole, { KAFKA_URL: '' }).stream(), 'embedded');
  assert.equal(projectOf(t, whole, { KAFKA_URL: 'kafka://a' }).stream(), 'kafka://a');
});

test('a variable that is absent is named with its place, and only when its part is asked for', (t) => {
  const project = projectOf(t, whole, { TAG: 'x' });
  assert.equal(project.stream(), 'embedded');
  const problem = refused(() => project.registry());
  assert.equal(problem.code, 'BAD_PROJECT');
  assert.match(problem.message, /^millrace\.yaml:3:11: the environment variable SECRET is not set$/);
});

test('no error holds what a variable holds', (t) => {
  const project = projectOf(t, 'connections:\n  a: ${SECRET}-${ABSENT}\n', { SECRET: 's3cret' });
  assert.doesNotMatch(JSON.stringify(refused(() => project.connection('a'))), /s3cret/);
});

test('what does not name a variable is refused', (t) => {
  assert.match(
    refused(() => projectOf(t, 'stream: ${KAFKA URL}\n').stream()).message,
    /^millrace\.yaml:1:9: \$\{KAFKA URL\}/,
  );
});

test('an unknown connection or deployment is refused with a suggestion', (t) => {
  const project = projectOf(t, whole);
  assert.equal(
    refused(() => project.connection('warehose')).message,
    "the project has no connection 'warehose', did you mean 'warehouse'?",
  );
  assert.equal(refused(() => project.deployment('toString')).expected, 'one of ride-duration, fares-nightly');
});

test('a deployment asked for in its mode has the settings of that mode, and in another it is refused', (t) => {
  const project = projectOf(t, whole, { TAG: 'x' });
  assert.deepEqual([project.namesIn('batch'), project.namesIn('stream')], [['fares-nightly'], []]);
  assert.equal(project.deploymentIn('batch', 'fares-nightly').schedule, '0 2 * * *');
  const problem = refused(() => project.deploymentIn('stream', 'fares-nightly'));
  assert.deepEqual(
    [problem.code, problem.field, problem.expected, problem.got],
    ['BAD_PROJECT', 'deployments.fares-nightly.mode', 'stream', 'batch'],
  );
});

const bad: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  [
    'a mode that does not exist',
    'deployments:\n  a: { mode: servce, model: m }\n',
    /^millrace\.yaml:2:14: deployments\.a\.mode: expected one of service, .*; did you mean service\?$/,
  ],
  [
    'a deployment without a model',
    'deployments:\n  a: { mode: edge }\n',
    /^millrace\.yaml:2:3: deployments\.a: 'model' is missing$/,
  ],
  ['the same environment twice', 'environments: [a, a]\n', /environments: expected a list without repetitions/],
  [
    'an environment that reads as a version',
    'environments: ["1.2.0"]\n',
    /environments\[0\]: expected a name of lower-case/,
  ],
  [
    'a name that cannot be one',
    'connections:\n  "a b": x\n',
    /^millrace\.yaml:2:3: connections: 'a b' cannot be a name here$/,
  ],
  ['an unknown section', 'deployment: {}\n', /unknown key 'deployment', did you mean 'deployments'\?/],
];
for (const [what, text, message] of bad) {
  test(`${what} is refused`, (t) => {
    const problem = refused(() => projectOf(t, text));
    assert.equal(problem.code, 'BAD_PROJECT');
    assert.match(problem.message, message);
  });
}

test('the nearest file upward counts, and state lies beside it', (t) => {
  const root = tempFolder(t);
  mkdirSync(join(root, 'a', 'b', 'c'), { recursive: true });
  writeFileSync(join(root, 'millrace.yaml'), 'environments: [outer]\n');
  writeFileSync(join(root, 'a', 'millrace.yaml'), 'environments: [inner]\n');
  const project = readProject({ cwd: join(root, 'a', 'b', 'c'), env: {} });
  assert.deepEqual(project.environments, ['inner']);
  assert.equal(project.home, join(root, 'a', '.millrace'));
  assert.equal(project.folder, join(root, 'a'));
});

test('without a file there are three environments, and state lies in the home of the user', (t) => {
  const cwd = tempFolder(t);
  const project = readProject({ cwd, env: { HOME: join(cwd, 'me') } });
  assert.deepEqual(project.environments, ['development', 'staging', 'production']);
  assert.equal(project.home, join(cwd, 'me', '.millrace'));
  assert.equal(project.file, undefined);
});

test('MILLRACE_HOME goes before both', (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), '{}\n');
  assert.equal(readProject({ cwd, env: { MILLRACE_HOME: 'state' } }).home, join(cwd, 'state'));
});

test('a named file must exist', (t) => {
  assert.equal(refused(() => readProject({ cwd: tempFolder(t), env: {}, file: 'x.yaml' })).code, 'FILE_NOT_FOUND');
});

test('a project may be named by its folder', (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'rides'));
  const problem = refused(() => readProject({ cwd, env: {}, file: 'rides' }));
  assert.equal(problem.code, 'FILE_NOT_FOUND');
  assert.match(problem.message, /^rides\/millrace\.yaml /);
  writeFileSync(join(cwd, 'rides', 'millrace.yaml'), 'environments: [live]\n');
  const project = readProject({ cwd, env: {}, file: 'rides' });
  assert.deepEqual([project.folder, project.environments], [join(cwd, 'rides'), ['live']]);
});
