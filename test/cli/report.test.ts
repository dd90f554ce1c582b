import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { type ReportOptions, report } from '../../src/cli/report.ts';
import { fail } from '../../src/core/errors.ts';
import { createTerminal } from '../../src/terminal/terminal.ts';

const told = (error: unknown, options: Partial<ReportOptions> = {}): string => {
  const stderr = new PassThrough();
  const terminal = createTerminal({ stdin: Readable.from([]), stdout: new PassThrough(), stderr, env: {} });
  report(error, terminal, { json: false, debug: false, ...options });
  return String(stderr.read());
};

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test('an error is one block that says nothing twice', () => {
  const error = fail('WRONG_TYPE', 'distance: expected a number, got "far"', {
    field: 'distance',
    expected: 'a number',
    got: '"far"',
    step: 'prepare[0] (clip)',
  });
  assert.equal(
    told(error, { hint: 'millrace inspect ride' }),
    [
      'error WRONG_TYPE: distance: expected a number, got "far"',
      '  step: prepare[0] (clip)',
      '  try: millrace inspect ride',
      '',
    ].join('\n'),
  );
});

test('what was not foreseen keeps its text and its stack out of sight', () => {
  const error = new Error('connect failed: postgres://me:s3cret@db');
  for (const json of [false, true]) {
    assert.doesNotMatch(told(error, { json }), /s3cret|\n\s+at /);
    assert.match(told(error, { json }), /INTERNAL/);
  }
});

test('debugging shows the stack of every cause', () => {
  const error = fail('STORE_FAILED', 'The store failed', { cause: new Error('the disk is full') });
  const text = told(error, { debug: true });
  assert.match(text, /^error STORE_FAILED: The store failed\n/);
  assert.match(text, /\n\s+at .*report\.test\.ts/);
  assert.match(text, /\ncaused by: Error: the disk is full\n\s+at /);
  assert.match(JSON.parse(told(error, { debug: true, json: true })).error.stack, /the disk is full/);
});

test('a path that the operating system refuses is no defect', () => {
  const error = thrownBy(() => readFileSync('/no/such/file'));
  assert.match(told(error), /^error FILE_NOT_FOUND: ENOENT: .*\/no\/such\/file/);
});

test('as JSON an error is its problem, on one line', () => {
  const text = told(fail('BAD_REF', 'No', { expected: 'a name' }), { json: true });
  assert.equal(text, '{"error":{"code":"BAD_REF","message":"No","expected":"a name"}}\n');
});

test('what is thrown and is no error is told all the same', () => {
  assert.match(told('a text'), /^error INTERNAL: /);
  assert.match(told(undefined, { debug: true }), /^error INTERNAL: /);
});
