import type { Readable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { fail, MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { createTerminal, type Terminal, type TerminalStreams } from '../terminal/terminal.ts';
import { version } from '../version.ts';
import type { Cli } from './command.ts';
import { commands } from './commands.ts';
import { report } from './report.ts';

/** What the outside hands to a call of the command line. */
export interface Io extends TerminalStreams {
  readonly cwd: string;
  /** Aborted when the call should end. */
  readonly signal?: AbortSignal;
}

/** Exit codes. 1, for rows that were rejected, is for a command to set. */
const DONE = 0;
const COULD_NOT_RUN = 2;
const INTERRUPTED = 130;

const notes = `
Models are registered in $MILLRACE_HOME: unless set, in .millrace beside millrace.yaml, or in your home where there is none.
Run millrace help <command> for what a command does, its options and examples.`;

const createProgram = (terminal: Terminal): Command => {
  const program = new Command('millrace')
    .description('Put a trained model to work: one package, every mode of deployment.')
    .usage('[options] <command>')
    .option(
      '-f, --file <millrace.yaml>',
      'the project, or its folder (default: the nearest millrace.yaml, upward from here)',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', notes)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      // Errors are told by `report`, all in one form.
      writeErr: () => {},
      outputError: () => {},
    })
    .exitOverride();
  for (const [name, { summary }] of Object.entries(commands)) {
    program
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
  }
  return program;
};

/** The words before `--` hold this option. */
const asks = (argv: readonly string[], option: string): boolean => {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes(option);
};

const usageError = ({ message }: CommanderError): MillraceError =>
  fail('USAGE', message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));

/** Fills in the command that `words` call, if there is one, and returns it. */
const loadCalled = async (program: Command, words: readonly string[], cli: Cli): Promise<Command | undefined> => {
  const [first, second] = program.parseOptions([...words]).operands;
  const name = first === 'help' ? second : first;
  if (first === 'help' && name !== undefined && !Object.hasOwn(commands, name)) {
    const meant = nearest(name, Object.keys(commands));
    throw fail('USAGE', `unknown command '${name}'${meant === undefined ? '' : ` (Did you mean ${meant}?)`}`);
  }
  const row = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const command = program.commands.find((one) => one.name() === name);
  if (!row || !command) return undefined;
  (await row.load()).define(command, cli);
  return command;
};

/** `millrace batch backfill`: the command that `words` call, as far down as they go. */
const nameCalled = (command: Command, [word, ...words]: readonly string[]): string => {
  const inner = command.commands.find((one) => one.name() === word);
  return inner ? `${command.name()} ${nameCalled(inner, words)}` : command.name();
};

/**
 * One call of the command line.
 *
 * @param argv the words after `millrace`.
 * @returns the exit code: 0 done, 1 some rows were rejected, 2 could not run, 130 interrupted. Never rejects.
 */
export const main = async (argv: readonly string[], io: Io): Promise<number> => {
  const terminal = createTerminal(io);
  const ended = new AbortController();
  const signal = io.signal ? AbortSignal.any([io.signal, ended.signal]) : ended.signal;
  let unread = false;
  io.stdout.on('error', (error: NodeJS.ErrnoException) => {
    unread ||= error.code === 'EPIPE';
    ended.abort(error);
  });

  const program = createProgram(terminal);
  let code = DONE;
  let app: ReturnType<Cli['app']> | undefined;
  const cli: Cli = {
    app: () => {
      app ??= import('../app.ts').then(({ createApp }) =>
        createApp({ cwd: io.cwd, env: io.env, file: program.opts<{ readonly file?: string }>().file }),
      );
      return app;
    },
    terminal,
    env: io.env,
    cwd: io.cwd,
    signal,
    exit: (value) => {
      code = value;
    },
  };

  let called = program.name();
  const codeOf = (error: unknown): number => {
    if (unread) return DONE;
    if (error instanceof CommanderError && error.exitCode === 0) return DONE;
    if (signal.aborted && (error === signal.reason || (error as Error | undefined)?.name === 'AbortError')) {
      return INTERRUPTED;
    }
    const told = error instanceof CommanderError ? usageError(error) : error;
    const usage = told instanceof MillraceError && told.code === 'USAGE';
    report(told, terminal, {
      json: asks(argv, '--json'),
      debug: io.env.MILLRACE_DEBUG === '1',
      hint: usage ? `${called} --help` : undefined,
    });
    return COULD_NOT_RUN;
  };

  try {
    if (argv.length === 0 || argv.join(' ') === 'help help') program.outputHelp();
    else if (argv[0] === '__complete') {
      const { complete } = await import('./complete.ts');
      for (const word of await complete(argv.slice(1), program, (words) => loadCalled(program, words, cli), cli)) {
        terminal.out(word);
      }
    } else {
      await loadCalled(program, argv, cli);
      called = nameCalled(program, program.parseOptions([...argv]).operands);
      await program.parseAsync(argv, { from: 'user' });
    }
  } catch (error) {
    code = codeOf(error);
  }
  try {
    // What made `app` fail, the command that asked for it has told.
    const opened = await app?.catch(() => undefined);
    await opened?.close();
  } catch (error) {
    if (code === DONE) code = codeOf(error);
  }
  return code;
};

/** Two signals closer than this are one: a terminal sends Ctrl-C to every process of a group, and a parent passes it on. */
const ECHO_MS = 250;

/** Runs the command line as this process: the only place that ends one. */
export const run = async (): Promise<void> => {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });

  const controller = new AbortController();
  let signalled = 0;
  const onSignal = (): void => {
    const now = performance.now();
    if (signalled > 0 && now - signalled > ECHO_MS) process.exit(INTERRUPTED);
    if (signalled === 0) controller.abort();
    signalled ||= now;
  };
  process.stdout.on('error', () => {});
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  const { stdin, stdout, stderr, env } = process;
  const io = { stdin: stdin as Readable, stdout, stderr, env, cwd: process.cwd(), signal: controller.signal };
  const fatal = (error: unknown): void => {
    report(error, createTerminal(io), { json: false, debug: env.MILLRACE_DEBUG === '1' });
    process.exit(COULD_NOT_RUN);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);

  const code = await main(process.argv.slice(2), io);
  // Streams are written in the background; what is still under way must reach its reader first.
  stdout.on('error', () => process.exit(code));
  stdout.write('', () => stderr.write('', () => process.exit(code)));
};
