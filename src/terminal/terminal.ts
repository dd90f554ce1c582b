import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { toldJson } from '../text/exact-json.ts';

/** The streams and the environment that a terminal is made of; `process` is one. */
export interface TerminalStreams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: NodeJS.ProcessEnv;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Cell = string | number | boolean | null | undefined;

/** One line that is written over and over on a terminal's stderr; nothing at all when stderr is not a terminal. */
export interface ProgressLine {
  update(text: string): void;
  done(): void;
}

export interface Terminal {
  /** The raw streams, for bytes: data goes to stdout, and everything said about it to stderr. */
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** One line of result on stdout. */
  out(line: string): void;
  /** One line on stderr: what happens, warnings, errors. */
  err(line: string): void;
  /** A result for programs: JSON on stdout. */
  json(value: unknown): void;
  /** Rows under their headings on stdout, numbers to the right. The first row's keys are the headings unless given. */
  table(rows: readonly Readonly<Record<string, Cell>>[], headings?: readonly string[]): void;
  progress(): ProgressLine;
  /** Colours for `out` (or for `err`); the plain text where colours are not wanted. */
  style(style: Style, text: string, on?: 'out' | 'err'): string;
}

/** Colours on a terminal only, unless NO_COLOR (https://no-color.org) or FORCE_COLOR say otherwise. */
const coloured = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean => {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
};

const cellText = (cell: Cell): string => (cell === null || cell === undefined ? '' : String(cell));

/** A progress line is written at most this often. */
const PROGRESS_MS = 100;

export const createTerminal = ({ stdin, stdout, stderr, env }: TerminalStreams): Terminal => {
  const colours = { out: coloured(stdout, env), err: coloured(stderr, env) };
  let shown = false;

  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  const out = (line: string): void => {
    clear();
    stdout.write(`${line}\n`);
  };
  const style = (format: Style, text: string, on: 'out' | 'err' = 'out'): string =>
    colours[on] ? styleText(format, text, { validateStream: false }) : text;

  return {
    stdin,
    stdout,
    out,
    style,
    err: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    json: (value) => out(toldJson(value, 2)),
    table: (rows, headings = Object.keys(rows[0] ?? {})) => {
      const cells = rows.map((row) => headings.map((heading) => cellText(row[heading])));
      const right = headings.map((heading) => rows.length > 0 && rows.every((row) => typeof row[heading] === 'number'));
      const widths = headings.map((heading, i) => Math.max(heading.length, ...cells.map((row) => row[i]?.length ?? 0)));
      const line = (texts: readonly string[]): string =>
        texts
          .map((text, i) => (right[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
          .join('  ')
          .trimEnd();
      out(style('bold', line(headings)));
      for (const row of cells) out(line(row));
    },
    progress: () => {
      let last = 0;
      return {
        update: (text) => {
          const now = Date.now();
          if (stderr.isTTY !== true || now - last < PROGRESS_MS) return;
          last = now;
          stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns || 80) - 1)}`);
          shown = true;
        },
        done: clear,
      };
    },
  };
};
