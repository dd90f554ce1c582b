import type { Command } from 'commander';
import { shortDigest } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import { missingEnvironment } from '../usage.ts';

interface Options {
  readonly env?: string;
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
}

export const define = (command: Command, { app, terminal }: Cli): void => {
  command
    .argument('<name>', 'the model')
    .option('--env <environment>', 'the environment whose last promotion is taken back (required)')
    .option('--why <text>', 'the reason, for the history')
    .option('--as <who>', 'who does it, for the history (default: MILLRACE_WHO, else the user of this machine)')
    .option('--json', 'print JSON')
    .action(async (name: string, { env, why, as: who, json }: Options) => {
      const { environments, lookup, project } = await app();
      if (env === undefined) throw missingEnvironment('--env', environments);
      const registry = await lookup();
      const moved = await registry.rollback({ name, env, ...(why && { why }), ...(who && { who }) });
      if (json) return terminal.json(moved);
      const version = terminal.style('bold', moved.version);
      terminal.out(
        `${name}@${moved.environment} is back at ${version} (was ${moved.from})  ${shortDigest(moved.digest)}`,
      );
      if (project.gates(env, name).length > 0) terminal.err('gone back without asking a gate');
    });
  examples(
    command,
    ['millrace rollback ride-duration --env production --why "complaints"', 'back to the version before'],
    ['millrace rollback ride-duration --env production', 'again: one further back'],
  ).addHelpText('after', '\nNo gate is asked: what was in place before may always come back.');
};
