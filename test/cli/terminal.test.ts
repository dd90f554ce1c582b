import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { createTerminal } from '../../src/terminal/terminal.ts';

const open = ({ tty = false, env = {} }: { readonly tty?: boolean; readonly env?: NodeJS.ProcessEnv } = {}) => {
  const stream = () => Object.assign(new PassThrough(), { isTTY: tty, columns: 20 });
  const stdout = stream();
  const stderr = stream();
  const said = (from: PassThrough): string => from.read()?.toString() ?? '';
  return {
    terminal: createTerminal({ stdin: Readable.from([]), stdout, stderr, env }),
    out: () => said(stdout),
    err: () => said(stderr),
  };
};

test('a table stands under its headings, numbers to the right', () => {
  const { terminal, out } = open();
  terminal.table([
    { model: 'ride', rows: 5, note: null },
    { model: 'ride-duration', rows: 1200, note: 'x' },
  ]);
  assert.equal(out(), ['model          rows  note', 'ride              5', 'ride-duration  1200  x', ''].join('\n'));
});

test('an empty table shows the headings that it is given', () => {
  const { terminal, out } = open();
  terminal.table([], ['model', 'version']);
  assert.equal(out(), 'model  version\n');
});

test('JSON holds every digit of big integers', () => {
  const { terminal, out } = open();
  terminal.json({ small: 5n, large: 2n ** 60n + 1n });
  assert.equal(out(), '{\n  "small": 5,\n  "large": 1152921504606846977\n}\n');
});

const colours: readonly (readonly [boolean, NodeJS.ProcessEnv, boolean])[] = [
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
];
for (const [tty, env, wanted] of colours) {
  test(`colours are ${wanted ? 'on' : 'off'} ${tty ? 'on a terminal' : 'in a pipe'} with ${JSON.stringify(env)}`, () => {
    const { terminal } = open({ tty, env });
    assert.equal(terminal.style('red', 'x'), wanted ? '\u001b[31mx\u001b[39m' : 'x');
  });
}

test('progress is one line on a terminal, cut to its width and gone before the next line', () => {
  const { terminal, err } = open({ tty: true, env: { NO_COLOR: '1' } });
  const progress = terminal.progress();
  progress.update(`1 row ${'.'.repeat(40)}`);
  assert.equal(err(), '\r\u001b[K1 row .............');
  terminal.err('a warning');
  assert.equal(err(), '\r\u001b[Ka warning\n');
  progress.done();
  assert.equal(err(), '');
});

test('progress is silent where stderr is not a terminal', () => {
  const { terminal, err } = open();
  terminal.progress().update('1 row');
  assert.equal(err(), '');
});
