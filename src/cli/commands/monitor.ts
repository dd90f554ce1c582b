import { type Command, Option } from 'commander';
import type { Monitor } from '../../deployments/monitor.ts';
import { COMPARISONS } from '../../monitor/drift/strata.ts';
import type { WatchedDeployment } from '../../monitor/watch/standing.ts';
import { sentenceOn, stateOf, windowName } from '../../monitor/watch/standing-words.ts';
import { percentOf } from '../../terminal/paired-bars.ts';
import { shortTime } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import type { RehearseWatchOptions } from '../monitor/rehearse.ts';
import type { MonitorReportOptions } from '../monitor/report.ts';
import type { ShowMonitorOptions } from '../monitor/show.ts';
import { hearWatch } from '../monitor/words.ts';
import { least, whole } from '../numbers.ts';

interface SaidOptions {
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
}

const monitorOf = async ({ app }: Cli): Promise<Monitor> => (await app()).monitor();
const AS = 'who says so (default: MILLRACE_WHO, else the user of this machine)';

const toldState = (state: WatchedDeployment) => {
  const { deployment, last, lastAlarmAt, performance } = state;
  return {
    deployment,
    state: stateOf(state),
    window: last && windowName(last),
    rows: last?.seen.rows,
    coverage: performance && percentOf(performance.coverage),
    'last alarm': lastAlarmAt && shortTime(lastAlarmAt),
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

const report = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('report')
      .summary('write a page for people')
      .description(
        'Write how a deployment stands as one HTML page with plots, without anything from elsewhere, for people who know no statistics.',
      )
      .argument('<deployment>', 'its name in millrace.yaml')
      .option('-o, --out <file>', 'write it to a file, and not to stdout')
      .option('--since <date>', 'the first window; of the last 30 days unless given')
      .option('--force', 'replace a file that is there')
      .action(async (name: string, options: MonitorReportOptions) =>
        (await import('../monitor/report.ts')).reportMonitor(name, options, cli),
      ),
    ['millrace monitor report ride-duration -o report.html', 'to open, print or send'],
  );

const rehearsing = (monitor: Command, cli: Cli): Command =>
  examples(
    monitor
      .command('rehearse')
      .summary('what the rule would have raised')
      .description(
        'Play the rule over what was counted, and say what it would have raised, and how many alarms that would be in a year. Nothing is taken down, nobody is told.',
      )
      .argument('<deployment>', 'its name in millrace.yaml')
      .option('--since <date>', 'the first window; 90 days ago unless given')
      .addOption(new Option('--compare-with <what>', 'in the place of the settings').choices(COMPARISONS))
      .option('--false-alarms <number>', 'how many in a year, in the place of the settings', least(0.001))
      .option('--least-effect <number>', 'what is worth an alarm, in the place of the settings', least(0))
      .option('--json', 'print JSON')
      .action(async (name: string, options: RehearseWatchOptions) =>
        (await import('../monitor/rehearse.ts')).rehearse(name, options, cli),
      ),
    ['millrace monitor rehearse ride-duration --since 2026-08-01', 'what would have been'],
    ['millrace monitor rehearse ride-duration --compare-with "same weekday"', 'with weekdays by themselves'],
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
  for (const add of [list, check, show, report, rehearsing, acknowledge, accept]) add(command, cli);
  examples(
    command,
    ['millrace monitor', 'a line a deployment'],
    ['millrace monitor show ride-duration', 'field by field'],
  );
};
