import type { Command } from 'commander';
import { shortDigest } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';
import { missingEnvironment } from '../usage.ts';

interface Options {
  readonly to?: string;
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
  readonly timeout?: number;
}

export const define = (command: Command, { app, terminal }: Cli): void => {
  command
    .argument('<name@version>', 'the version, or what another environment points at (name@staging)')
    .option('--to <environment>', 'the environment that shall point at it (required)')
    .option('--why <text>', 'the reason, for the history')
    .option('--as <who>', 'who does it, for the history (default: MILLRACE_WHO, else the user of this machine)')
    .option('--timeout <time>', 'what a row may take when a version that is not known to be safe is proven', rowTime)
    .option('--json', 'print JSON')
    .action(async (ref: string, { to, why, as: who, json, timeout }: Options) => {
      const { environments, promote } = await app();
      if (to === undefined) throw missingEnvironment('--to', environments);
      const moved = await promote(ref, { to, why: why || undefined, who: who || undefined, rowMs: timeout });
      if (json) return terminal.json(moved);
      const { name, version } = moved;
      const subject = `${name}@${moved.environment}`;
      if (!moved.changed) return terminal.out(`${subject} is ${version} already; nothing has changed`);
      const before = moved.from === null ? 'was empty' : `was ${moved.from}`;
      terminal.out(`${subject} is now ${terminal.style('bold', version)} (${before})  ${shortDigest(moved.digest)}`);
    });
  examples(
    command,
    ['millrace promote ride-duration@1.2.0 --to staging', 'try a version'],
    ['millrace promote ride-duration@staging --to production --why "MAE 3.1 → 2.9"', 'put it to work'],
  );
};
