import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { GateReport, Promoted } from '../../resources/promote.ts';
import { shortDigest } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import { tellVerdicts } from '../gates.ts';
import { askServer, serverOption } from '../remote.ts';
import { rowTime } from '../row-time.ts';
import { missingEnvironment } from '../usage.ts';

interface Options {
  readonly to?: string;
  readonly why?: string;
  readonly as?: string;
  readonly dryRun?: true;
  readonly override?: true;
  readonly json?: true;
  readonly timeout?: number;
  readonly server?: string;
}

/** The same, of a Millrace elsewhere. */
const afar = (server: string, cli: Cli): Pick<App, 'environments' | 'promote' | 'askGates'> => ({
  environments: [],
  promote: (ref, { to, why, override }) => askServer<Promoted>(server, 'promote', { ref, to, why, override }, cli),
  askGates: (ref, { to }) => askServer<GateReport>(server, 'gates', { ref, to }, cli),
});

const promote = async (ref: string, options: Options, cli: Cli): Promise<void> => {
  const { app, terminal, signal, exit } = cli;
  const { to, why, as: who, dryRun, override, json, timeout, server } = options;
  const { environments, promote: move, askGates } = server === undefined ? await app() : afar(server, cli);
  if (to === undefined) throw missingEnvironment('--to', environments);
  const progress = terminal.progress();
  const onGate = (gate: string): void => progress.update(`asking ${gate}`);
  const how = { to, rowMs: timeout, signal, onGate };
  if (dryRun) {
    const report = await askGates(ref, how).finally(() => progress.done());
    const { verdicts, name, version, environment, from } = report;
    const isIn = verdicts.every(({ outcome }) => outcome === 'pass');
    if (!isIn) exit(1);
    if (json) return terminal.json({ ...report, passes: isIn });
    if (verdicts.length > 0) tellVerdicts(verdicts, terminal);
    const place = `${name}@${version}`;
    if (from === version) return terminal.err(`${environment} is at ${version} already; no gate was asked`);
    if (verdicts.length === 0) return terminal.err(`${environment} has no gates for ${name}: ${place} would come in`);
    return terminal.err(`${place} ${isIn ? 'would come' : 'would not come'} into ${environment}; nothing has changed`);
  }
  const signed = { why: why || undefined, who: who || undefined };
  const moved = await move(ref, { ...how, ...signed, override }).finally(() => progress.done());
  if (json) return terminal.json(moved);
  const { name, version, verdicts = [] } = moved;
  const subject = `${name}@${moved.environment}`;
  if (!moved.changed) return terminal.out(`${subject} is ${version} already; nothing has changed`);
  if (verdicts.length > 0) tellVerdicts(verdicts, terminal);
  const before = moved.from === null ? 'was empty' : `was ${moved.from}`;
  terminal.out(`${subject} is now ${terminal.style('bold', version)} (${before})  ${shortDigest(moved.digest)}`);
  const shut = verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ about }) => about);
  if (shut.length > 0) terminal.err(terminal.style('red', `overridden: ${shut.join(', ')}`, 'err'));
};

export const define = (command: Command, cli: Cli): void => {
  serverOption(command)
    .argument('<name@version>', 'the version, or what another environment points at (name@staging)')
    .option('--to <environment>', 'the environment that shall point at it (required)')
    .option('--dry-run', "ask the environment's gates and show what each says; nothing is moved")
    .option('--override', 'let it in although a gate does not; needs --why, and stays in the history')
    .option('--why <text>', 'the reason, for the history')
    .option('--as <who>', 'who does it, for the history (default: MILLRACE_WHO, else the user of this machine)')
    .option('--timeout <time>', 'what a row may take when a version that is not known to be safe is proven', rowTime)
    .option('--json', 'print JSON')
    .action((ref: string, options: Options) => promote(ref, options, cli));
  examples(
    command,
    ['millrace promote ride-duration@1.2.0 --to staging', 'try a version'],
    ['millrace promote ride-duration@staging --to production --dry-run', 'what its gates say'],
    ['millrace promote ride-duration@staging --to production --why "MAE 3.1 → 2.9"', 'put it to work'],
    ['millrace promote ride-duration@1.1.9 --to production --override --why "1.2.0 is wrong at night"', 'all the same'],
  ).addHelpText(
    'after',
    `
Gates are what millrace.yaml asks of a version before it comes into an environment (docs/PROMOTION.md).
Exit code of --dry-run: 0 all gates let it in, 1 one does not, 2 could not run.`,
  );
};
