import { MillraceError, messageOf, type Problem, problemOf } from '../core/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Errors of the operating system that say that a path is wrong, and not that Millrace is. */
const pathErrors: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'EROFS']);

/** What a person is told of a thrown value. The text of an unforeseen error stays out of sight: it may hold a secret. */
export const toldProblem = (error: unknown): Problem => {
  if (error instanceof MillraceError) return error.problem;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (pathErrors.has(code)) return { code: 'FILE_NOT_FOUND', message: messageOf(error) };
  return { ...problemOf(error), message: 'A defect in Millrace. Run it again with MILLRACE_DEBUG=1 to see where.' };
};

/** Every error of a chain of causes, with its stack. */
const stacks = (error: unknown): string => {
  const parts: string[] = [];
  for (let one = error; one !== undefined && parts.length < 10; one = (one as { cause?: unknown } | null)?.cause) {
    parts.push(one instanceof Error ? (one.stack ?? one.message) : String(one));
  }
  return parts.join('\ncaused by: ');
};

export interface ReportOptions {
  /** As a JSON object, for programs. */
  readonly json: boolean;
  /** With the stack. */
  readonly debug: boolean;
  /** What to do next, when that is known. */
  readonly hint?: string | undefined;
}

/** Says on stderr, as one block, why a command could not run. */
export const report = (error: unknown, terminal: Terminal, { json, debug, hint }: ReportOptions): void => {
  const problem = toldProblem(error);
  if (json) {
    terminal.err(JSON.stringify({ error: { ...problem, ...(debug && { stack: stacks(error) }) } }));
    return;
  }
  const { code, message, ...details } = problem;
  terminal.err(`${terminal.style('red', `error ${code}:`, 'err')} ${message}`);
  // What the message says already is not said twice.
  const more = Object.entries(details).filter(([, value]) => !message.includes(value));
  for (const [name, value] of [...more, ...(hint === undefined ? [] : [['try', hint] as const])]) {
    terminal.err(`  ${terminal.style('dim', `${name}:`, 'err')} ${value}`);
  }
  if (debug) terminal.err(stacks(error));
};
