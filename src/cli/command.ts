import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a command is given. It throws a MillraceError to say that it could not run; it never ends the process. */
export interface Cli {
  /** The project's composition root, opened on the first call and closed after the command. */
  readonly app: () => Promise<App>;
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Aborted by SIGINT and SIGTERM, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Sets the exit code: 0 done, 1 some rows were rejected, 2 could not run. The command then returns. */
  exit(code: number): void;
}

/** One command: a file in `commands/` that exports `define`, and a row in `commands.ts`. */
export interface CommandModule {
  define(command: Command, cli: Cli): void;
}

/** Ends a command's help with lines to copy: `examples(command, ['millrace pack .', 'pack this folder'], …)`. */
export const examples = (command: Command, ...lines: readonly (readonly [line: string, what: string])[]): Command => {
  const width = Math.max(...lines.map(([line]) => line.length));
  const text = lines.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`).join('\n');
  return command.addHelpText('after', `\nExamples:\n${text}`);
};
