import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { readProject } from '../../src/project/project.ts';
import { tempFolder } from '../temp-folder.ts';

const read = (t: TestContext, yaml: string, env: NodeJS.ProcessEnv = {}) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), yaml);
  return readProject({ cwd, env });
};

const refused = (t: TestContext, gates: string, ...parts: readonly string[]): void => {
  const yaml = `environments:\n  staging:\n  production:\n    gates: [${gates}]\n`;
  assert.throws(
    () => read(t, yaml),
    (error: unknown) => {
      assert.ok(error instanceof MillraceError && error.code === 'BAD_PROJECT', String(error));
      for (const part of ['millrace.yaml:4:', ...parts])
        assert.ok(error.message.includes(part), `${error.message}\nlacks ${part}`);
      return true;
    },
  );
};

describe('environments with gates', () => {
  it('keep their order, and a list of names has no gates', (t) => {
    const { environments, gates } = read(t, 'environments: [try, live]');
    assert.deepEqual(environments, ['try', 'live']);
    assert.deepEqual(gates('live', 'ride'), []);
    const named = read(t, 'environments:\n  try:\n  live: { from: try, gates: [examples, approvals: 2] }\n');
    assert.deepEqual(named.environments, ['try', 'live']);
    assert.deepEqual(named.gates('live', 'ride'), [
      { gate: 'from', settings: { environment: 'try' } },
      { gate: 'examples', settings: {} },
      { gate: 'approvals', settings: { needed: 2 } },
    ]);
    assert.deepEqual(read(t, 'stream: embedded').environments, ['development', 'staging', 'production']);
  });

  it('ask a gate of one model alone where they say so', (t) => {
    const one = (model: string): string => `evaluation: { model: ${model}, in: "\${DATA:-.}/${model}.csv", truth: y }`;
    const { gates } = read(t, `environments:\n  live:\n    gates: [{ ${one('a')} }, { ${one('b')} }]\n`, { DATA: 'd' });
    assert.deepEqual(gates('live', 'b'), [{ gate: 'evaluation', settings: { model: 'b', in: 'd/b.csv', truth: 'y' } }]);
    assert.deepEqual(gates('live', 'c'), []);
  });

  it('refuse a gate, a setting or a metric that nobody knows, with its place and what was meant', (t) => {
    refused(t, 'exampels', 'did you mean examples?');
    refused(t, 'latency: { tolerence: 0.1 }', "unknown key 'tolerence'", "'tolerance'");
    refused(t, 'evaluation: { in: a.csv, truth: y, metric: acuracy }', 'did you mean accuracy?');
    refused(t, 'evaluation: { in: a.csv }', "'truth' is missing");
    refused(t, 'evaluation', 'evaluation');
    refused(t, 'approvals', 'approvals');
    refused(t, 'approvals: 0', '1 or more');
    refused(t, 'latency: { rows: 5 }', '100 or more');
  });

  it('ask whose a package is before anything that loads it', (t) => {
    const { gates } = read(t, 'environments:\n  live:\n    gates: [examples, { signed: { by: [ada] } }]\n');
    assert.deepEqual(
      gates('live', 'a').map(({ gate }) => gate),
      ['signed', 'examples'],
    );
  });

  it('refuse a gate that is asked twice', (t) => {
    refused(t, 'examples, examples', 'asks examples twice');
  });

  it('are entered from another one of the project', (t) => {
    for (const [from, hint] of [
      ['stagin', 'did you mean staging?'],
      ['live', 'cannot be entered from live'],
    ] as const) {
      const yaml = `environments:\n  staging:\n  live: { from: ${from} }\n`;
      assert.throws(
        () => read(t, yaml),
        (error: unknown) => String(error).includes(hint),
      );
    }
  });
});
