import type { Command } from 'commander';
import type { Monitor } from '../../deployments/monitor.ts';
import type { WatchedDeployment } from '../../monitor/watch/standing.ts';
import { sentenceOn, stateOf } from '../../monitor/watch/standing-words.ts';
import { shortTime } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import type { ShowMonitorOptions } from '../monitor/show.ts';
import { hearWatch, windowName } from '../monitor/words.ts';
import { whole } from '../numbers.ts';

interface SaidOptions {
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
}

const monitorOf = async ({ app }: Cli): Promise<Monitor> => (await app()).monitor();
const AS = 'who says so (default: MILLRACE_WHO, else the user of this machine)';

const toldState = (state: WatchedDeployment) => {
  const { deployment, last, firing } = state;
  return {
    deployment,
    state: stateOf(state),
    window: last && windowName(last),
    rows: last?.seen.rows,
    'last alarm': firing[0] && shortTime(firing[0].started_at),
    what: sentenceOn(state, new Date()),
  };
};

const tellAll = async ({ json }: { readonly json?: true }, cli: Cli): Promise<void> => {
  const states = await (await monitorOf(cli)).list();
  if (json) cli.terminal.json(states);
  else if (states.length === 0) cli.terminal.err('The project has no service or stream to watch.');
  else cli.terminal.table(states.map(toldState));
  if (states.some(({ firing }) => firing.length > 0)) cli.exit(1);
};

const list = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('list', { isDefault: true })
      .summary('say how each deployment stands')
      .description(
        'Say of each watched deployment how it stands, as `millrace monitor` does by itself. Exit code 1 when an alert fires.',
      )
      .option('--json', 'print JSON')
      .action((options: { readonly json?: true }) => tellAll(options, cli)),
    ['millrace monitor list --json', 'for programs'],
  );

const check = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('check')
      .summary('judge what is over, tell channels, react')
      .description(
        'Judge the windows that are over, tell channels what is due, carry out reactions to their ends, and say what was found. `millrace up` does so of itself; this is for cron. Exit code 1 when an alert fires.',
      )
      .option('--json', 'print JSON')
      .action(async ({ json }: { readonly json?: true }) => {
        const own = await monitorOf(cli);
        const found = await own.check(cli.signal);
        for (const problem of found.missed) hearWatch({ what: 'missed', ...problem }, cli.terminal);
        const reacted = await own.react(cli.signal);
        if (json) cli.terminal.json({ ...found, reacted });
        else {
          for (const judged of found.judged) hearWatch({ what: 'judged', judged }, cli.terminal);
          for (const carried of reacted) hearWatch({ what: 'reacted', carried }, cli.terminal);
          cli.terminal.err(`${found.judged.length} windows judged, ${found.arrived} messages sent`);
        }
        if ((await own.list()).some(({ firing }) => firing.length > 0)) cli.exit(1);
      }),
    ['millrace monitor check || mail -s "millrace" ada@example.org', 'each hour, by cron'],
  );

const show = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('show')
      .summary('show a deployment, field by field')
      .description('Show what was judged of a deployment: the last window field by field, and its alerts.')
      .argument('<deployment>', 'its name in millrace.yaml')
      .option('--since <date>', 'the first window; of the last 14 days unless given')
      .option('--window <window>', 'which window, such as 2026-11-03; the last one unless given')
      .option('--field <name>', 'this field alone')
      .option('--json', 'print JSON')
      .action(async (name: string, options: ShowMonitorOptions) =>
        (await import('../monitor/show.ts')).showMonitor(name, options, cli),
      ),
    ['millrace monitor show ride-duration', 'how it stands'],
    ['millrace monitor show ride-duration --window 2026-11-03 --field distance', 'one field of that day'],
  );

const acknowledge = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('acknowledge')
      .summary('say that somebody knows of an alert')
      .description('Say that somebody knows of an alert: it is not repeated until it is resolved.')
      .argument('<alert>', 'its fingerprint or id (millrace monitor show)')
      .option('--why <text>', 'what is known of it')
      .option('--as <who>', AS)
      .option('--json', 'print JSON')
      .action(async (id: string, { why, as: who, json }: SaidOptions) => {
        const by = who || (await cli.app()).who;
        const alert = await (await monitorOf(cli)).acknowledge(id, { by, why });
        if (json) cli.terminal.json(alert);
        else cli.terminal.err(`${alert.fingerprint} is acknowledged by ${by}: ${alert.sentence}`);
      }),
    ['millrace monitor acknowledge 3f2a9c0d5b7e1a42 --why "the meter of zone 7 is being repaired"', 'one alert'],
  );

const accept = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('accept')
      .summary('make the last windows the new normal')
      .description(
        'Make the last windows of a deployment the new normal: what comes is compared with them, until another version answers. The history keeps who said so, when and why.',
      )
      .argument('<deployment>', 'its name in millrace.yaml')
      .requiredOption('--why <text>', 'why this is fine now')
      .option('--windows <number>', 'how many of the last windows', whole(1, 366), 1)
      .option('--as <who>', AS)
      .option('--json', 'print JSON')
      .action(
        async (name: string, { why = '', windows, as: who, json }: SaidOptions & { readonly windows: number }) => {
          const by = who || (await cli.app()).who;
          const accepted = await (await monitorOf(cli)).accept(name, windows, { by, why });
          const { profile, ...rest } = accepted;
          if (json) return cli.terminal.json({ ...rest, rows: profile.rows });
          const { from, to } = rest.window;
          cli.terminal.err(
            `${profile.rows} rows from ${shortTime(from)} to ${shortTime(to)} are the new normal of ${name}`,
          );
        },
      ),
    ['millrace monitor accept ride-duration --windows 7 --why "the new bridge is open"', 'the last week is normal'],
  );

export const define = (command: Command, cli: Cli): void => {
  command.description(
    'Say of each watched deployment how it stands: what its last window says, and what is not as it should be. Exit code 1 when an alert fires.',
  );
  for (const add of [list, check, show, acknowledge, accept]) add(command, cli);
  examples(
    command,
    ['millrace monitor', 'a line a deployment'],
    ['millrace monitor show ride-duration', 'field by field'],
  );
};
