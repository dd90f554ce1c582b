import { type Command, Option } from 'commander';
import type { RolloutControl } from '../../deployments/rollouts/control.ts';
import type { StartRollout } from '../../deployments/rollouts/plan.ts';
import { parseCompared } from '../../serving/rollouts/compared.ts';
import type { Rollout } from '../../serving/rollouts/rollout.ts';
import type { RolloutSigned } from '../../serving/rollouts/rollouts.ts';
import { DEFAULT_STEPS } from '../../serving/rollouts/steps.ts';
import { parseFloor, parseTolerated } from '../../serving/rollouts/tolerated.ts';
import { type Cli, examples } from '../command.ts';
import { whole } from '../numbers.ts';
import { askServer, type ServerOption, serverOption } from '../remote.ts';
import type { RolloutStatusOptions } from '../rollout/status.ts';
import { told } from '../rollout/words.ts';
import { usage } from '../usage.ts';

interface MoveOptions extends ServerOption {
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
}

interface StartOptions extends MoveOptions {
  readonly candidate: string;
  readonly steps?: string;
  readonly unit?: string;
  readonly compare?: readonly string[];
  readonly tolerate?: string;
  readonly policy?: 'fixed' | 'thompson';
  readonly floor?: string;
}

interface RehearseOptions extends StartOptions {
  readonly rows: number;
}

/** Options of whoever does something to a rollout. */
const signed = (command: Command): Command =>
  serverOption(command)
    .option('--why <text>', 'the reason, for the history')
    .option('--as <who>', 'who does it, for the history (default: MILLRACE_WHO, else the user of this machine)')
    .option('--json', 'print JSON');

type Moving = Pick<RolloutControl, 'start' | 'pause' | 'resume' | 'abort' | 'finish'>;

/** The rollouts of a Millrace elsewhere. */
const afar = (server: string, cli: Cli): Moving => {
  const moving =
    (name: string) =>
    (deployment: string, { why }: RolloutSigned): Promise<Rollout> =>
      askServer(server, `rollout/${name}`, { deployment, why }, cli);
  return {
    start: (deployment, what, { why }) => askServer(server, 'rollout/start', { ...what, deployment, why }, cli),
    pause: moving('pause'),
    resume: moving('resume'),
    abort: moving('abort'),
    finish: moving('finish'),
  };
};

/** Does something as whoever it is said to be, and tells how the rollout stands then. */
const moved = async (
  { why, as, json, server }: MoveOptions,
  cli: Cli,
  move: (control: Moving, by: RolloutSigned) => Promise<Rollout>,
): Promise<void> => {
  const { app, terminal } = cli;
  const { rollout, who } = server === undefined ? await app() : { rollout: async () => afar(server, cli), who: '' };
  const now = await move(await rollout(), { who: as || who, why: why || undefined });
  if (json) terminal.json(now);
  else terminal.out(told(now));
};

const COMPARE_HELP =
  'what labels say, too, each with what is tolerated: absolute_error(output), squared_error(output), wrong(output)';

const TOLERATE_HELP = 'by how much more of all calls may fail or be slow';
const POLICY = new Option('--policy <policy>', 'thompson: shares follow results between the shadow and 100 %')
  .choices(['fixed', 'thompson'])
  .default('fixed');

const asStarted = ({ candidate, steps, unit, compare, tolerate, policy, floor }: StartOptions): StartRollout => ({
  candidate,
  steps,
  unit,
  compare: compare?.map((text) => parseCompared(text, 'USAGE')),
  tolerate: tolerate === undefined ? undefined : parseTolerated(tolerate, 'USAGE'),
  policy,
  floor: floor === undefined ? undefined : parseFloor(floor, 'USAGE'),
});

const start = (rollout: Command, cli: Cli): Command =>
  examples(
    signed(rollout.command('start'))
      .summary('let a candidate answer beside the stable version')
      .description(
        'Let a candidate answer beside what a deployment answers with, step by step. Every process that serves the deployment, or reads its stream, follows within two seconds.',
      )
      .argument('<deployment>', 'its name in millrace.yaml, or the reference that is served: name@environment')
      .requiredOption('--candidate <ref>', 'the version that shall take over: name@1.2.0, name@staging')
      .option('--steps <steps>', 'which share of the traffic, for how many rows at least', DEFAULT_STEPS)
      .option(
        '--unit <unit>',
        'what stays with one version: field:<name>, header:<name>, cookie:<name>, or in streams key; each call by itself unless given',
      )
      .option('--compare <metrics...>', COMPARE_HELP)
      .option('--tolerate <shares>', TOLERATE_HELP, 'failed 0.02, slow 0.1')
      .addOption(POLICY)
      .option('--floor <share>', 'what neither version gets less than, where shares follow results (default: 0.05)')
      .action(async (deployment: string, options: StartOptions) =>
        moved(options, cli, (control, by) => control.start(deployment, asStarted(options), by)),
      ),
    ['millrace rollout start ride-duration --candidate ride-duration@1.3.0', 'the usual steps'],
    [
      'millrace rollout start ride-duration --candidate ride-duration@staging --steps "5 %, 50 %" --unit field:rider',
      'riders stay with one version',
    ],
    [
      'millrace rollout start ride-duration --candidate ride-duration@staging --compare "absolute_error(minutes) 0.2"',
      'by what labels tell, too: not more than 0.2 minutes worse',
    ],
  );

const rehearsal = (rollout: Command, cli: Cli): Command =>
  examples(
    rollout
      .command('rehearse')
      .summary('say what a rollout would have said on recorded rows')
      .description(
        'Let both versions answer the last recorded rows, and say what guardrails and metrics would have said; nobody is at risk. Exit code 1 where the candidate would be rolled back.',
      )
      .argument('<deployment>', 'its name in millrace.yaml, or the reference that is served: name@environment')
      .requiredOption('--candidate <ref>', 'the version that shall take over: name@1.2.0, name@staging')
      .option('--rows <count>', 'so many of the last recorded rows', whole(1, 100_000), 1000)
      .option('--compare <metrics...>', COMPARE_HELP)
      .option('--tolerate <shares>', TOLERATE_HELP, 'failed 0.02, slow 0.1')
      .option('--json', 'print JSON')
      .action(async (deployment: string, { rows, json, ...options }: RehearseOptions) => {
        const { rehearse } = await import('../rollout/rehearse.ts');
        await rehearse(deployment, { ...asStarted(options), rows, json }, cli);
      }),
    ['millrace rollout rehearse ride-duration --candidate ride-duration@staging', 'before it is started'],
  );

const status = (rollout: Command, cli: Cli): Command =>
  examples(
    rollout
      .command('status', { isDefault: true })
      .summary('say how rollouts stand')
      .description(
        'Say how the last rollout of each deployment stands, or of one, with what both versions have answered.',
      )
      .argument('[deployment]', 'this one alone, with its history')
      .option('--watch', 'go on until it is over')
      .option('--json', 'print JSON')
      .action(async (deployment: string | undefined, options: RolloutStatusOptions) =>
        (await import('../rollout/status.ts')).showStatus(deployment, options, cli),
      ),
    ['millrace rollout status ride-duration --watch', 'to look on'],
    ['millrace rollout status --json', 'for programs'],
  );

/** What is done to a rollout that is there: its name, what it does, and why somebody may do so. */
const movings = [
  ['pause', 'stay at this step until it is resumed', '--why "the match is on"'],
  ['resume', 'go on after a pause', ''],
  ['abort', 'let the stable version answer all again, and end it', '--why "drivers complain"'],
  ['finish', 'let the environment point at the candidate, as `promote` does, and end it', '--why "MAE 3.1 → 2.9"'],
] as const;

const move = (rollout: Command, cli: Cli, [name, summary, why]: (typeof movings)[number]): void => {
  const command = signed(rollout.command(name).summary(summary).argument('<deployment>', 'its name, or its reference'));
  command.action(async (deployment: string, options: MoveOptions) => {
    if (name === 'abort' && !options.why) throw usage('A rollout is aborted for a reason.', '--why', 'nothing');
    await moved(options, cli, (control, by) => control[name](deployment, by));
  });
  examples(command, [`millrace rollout ${name} ride-duration ${why}`.trim(), summary]);
};

export const define = (command: Command, cli: Cli): void => {
  command.description('Say how the last rollout of each deployment stands, as `millrace rollout status` does.');
  start(command, cli);
  rehearsal(command, cli);
  status(command, cli);
  for (const one of movings) move(command, cli, one);
  examples(
    command,
    ['millrace rollout', 'a line a deployment'],
    ['millrace rollout start ride-duration --candidate ride-duration@1.3.0', 'try a version on real traffic'],
  );
};
