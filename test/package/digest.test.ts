import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { openPackage } from '../../src/package/open.ts';
import { tempFolder } from '../temp-folder.ts';
import { files, modelFolder, modelYaml, packed, writeModel, yamlWith } from './model-folder.ts';

/** What this very model packs to on every machine. A change of the format, or of what writes it, changes it too. */
const DIGEST = 'sha256:a1ed21a6795e2ea7fe053df64b34e2e204c3c0a34275d14f097ed1df9b2f828a';

const digestOf = async (folder: string): Promise<string> => (await packed(folder)).package.digest;

describe('the digest of a package', () => {
  test('is the one it has always been', async (t) => {
    assert.equal(await digestOf(modelFolder(t)), DIGEST);
  });

  test('and every byte of its file are the same on the next run', async (t) => {
    const folder = modelFolder(t);
    assert.deepEqual((await packed(folder)).tar, (await packed(folder)).tar);
  });

  test('does not know when, where and by whom its files were written', async (t) => {
    const folder = writeModel(join(tempFolder(t), 'deep', 'er', 'model with spaces'));
    for (const name of ['model.yaml', 'model.onnx', 'transform.ts', 'examples.json', 'reference.csv']) {
      utimesSync(join(folder, name), 1, 1);
      chmodSync(join(folder, name), 0o600);
    }
    assert.equal(await digestOf(folder), DIGEST);
  });

  test('is the same in another process, with another locale, time zone, umask and working folder', async (t) => {
    const folder = modelFolder(t);
    const script = `
      process.umask(0o077);
      const { packed } = await import(${JSON.stringify(join(import.meta.dirname, 'model-folder.ts'))});
      process.stdout.write((await packed('.')).package.digest);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      env: { ...process.env, TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', NODE_ENV: 'test' },
    });
    assert.equal(stdout, DIGEST);
  });

  test('does not depend on comments, line ends, quotes, styles and the order of keys in model.yaml', async (t) => {
    const lines = modelYaml.trimEnd().split('\n');
    const isKey = (line: string) => /^\w/.test(line);
    const blocks = lines.reduce<string[][]>((all, line) => {
      if (isKey(line)) all.push([line]);
      else all.at(-1)?.push(line);
      return all;
    }, []);
    const shuffled = fc.shuffledSubarray(blocks, { minLength: blocks.length, maxLength: blocks.length });
    /** { a: 1, b: 2 } with its parts the other way round, where no part holds another. */
    const turned = (line: string) =>
      line.replace(/\{ ([^{}[\]]+) \}/g, (_, inner: string) => `{ ${inner.split(', ').reverse().join(', ')} }`);
    await fc.assert(
      fc.asyncProperty(shuffled, fc.boolean(), fc.boolean(), async (order, turn, windows) => {
        const text = order
          .flat()
          .flatMap((line) => [`# a comment`, turn ? turned(line) : line])
          .join(windows ? '\r\n' : '\n');
        assert.equal(await digestOf(modelFolder(t, { 'model.yaml': `\uFEFF${text}\n` })), DIGEST);
      }),
      { numRuns: 12 },
    );
    const others = {
      ...yamlWith('name: doubling', 'name: "doubling"'),
      'examples.json': JSON.stringify(JSON.parse(String(files['examples.json']))),
      'transform.ts': `// another comment\n${String(files['transform.ts']).replaceAll('\n', '\r\n')}`,
      'reference.csv': String(files['reference.csv']).replaceAll('\n', '\r\n'),
    };
    assert.equal(await digestOf(modelFolder(t, others)), DIGEST);
  });

  const changes: readonly (readonly [string, Parameters<typeof writeModel>[1]])[] = [
    ['a word of the description', yamlWith('Twice the', 'Double the')],
    ['the version', yamlWith('1.0.0', '1.0.1')],
    ['a limit', yamlWith('max: 100', 'max: 101')],
    [
      'the order of fields',
      yamlWith(
        '  distance: { kind: number, unit: mile, min: 0, max: 100 }\n  pickup: { kind: datetime, zone: America/New_York }',
        '  pickup: { kind: datetime, zone: America/New_York }\n  distance: { kind: number, unit: mile, min: 0, max: 100 }',
      ),
    ],
    ['a row of the reference', { 'reference.csv': `${files['reference.csv']}5,2024-03-02T10:00,card\n` }],
    [
      'the code of an import',
      { 'node_modules/shown/index.js': "exports.shown = (row) => String(row.payment || 'none') + ' ' + row.distance;" },
    ],
    ['a note of an example', { 'examples.json': String(files['examples.json']).replace('no payment', 'none at all') }],
  ];
  for (const [what, change] of changes)
    test(`knows ${what}`, async (t) => {
      assert.notEqual(await digestOf(modelFolder(t, change)), DIGEST);
    });

  test('is found again when the file is opened', async (t) => {
    const { package: made, tar } = await packed(modelFolder(t));
    const opened = await openPackage(tar);
    assert.equal(opened.digest, DIGEST);
    assert.deepEqual(opened.manifest, made.manifest);
    assert.deepEqual(opened.digests, made.digests);
    assert.deepEqual(opened.examples, made.examples);
  });
});
