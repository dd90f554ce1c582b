import type { Command } from 'commander';
import type { Moved } from '../../registry/types.ts';
import { shortDigest } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import { askServer, serverOption } from '../remote.ts';
import { missingEnvironment } from '../usage.ts';

interface Options {
  readonly env?: string;
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
  readonly server?: string;
}

const rollback = async (name: string, { env, why, as: who, json, server }: Options, cli: Cli): Promise<void> => {
  const { app, terminal } = cli;
  const tell = (moved: Moved) => {
    if (json) {
      terminal.json(moved);
      return;
    }
    const version = terminal.style('bold', moved.version);
    terminal.out(
      `${name}@${moved.environment} is back at ${version} (was ${moved.from})  ${shortDigest(moved.digest)}`,
    );
  };
  if (server !== undefined) {
    if (env === undefined) throw missingEnvironment('--env', []);
    return tell(await askServer<Moved>(server, 'rollback', { name, env, why }, cli));
  }
  const { environments, lookup, project } = await app();
  if (env === undefined) throw missingEnvironment('--env', environments);
  const registry = await lookup();
  tell(await registry.rollback({ name, env, ...(why && { why }), ...(who && { who }) }));
  if (!json && project.gates(env, name).length > 0) terminal.err('gone back without asking a gate');
};

export const define = (command: Command, cli: Cli): void => {
  serverOption(command)
    .argument('<name>', 'the model')
    .option('--env <environment>', 'the environment whose last promotion is taken back (required)')
    .option('--why <text>', 'the reason, for the history')
    .option('--as <who>', 'who does it, for the history (default: MILLRACE_WHO, else the user of this machine)')
    .option('--json', 'print JSON')
    .action((name: string, options: Options) => rollback(name, options, cli));
  examples(
    command,
    ['millrace rollback ride-duration --env production --why "complaints"', 'back to the version before'],
    ['millrace rollback ride-duration --env production', 'again: one further back'],
  ).addHelpText('after', '\nNo gate is asked: what was in place before may always come back.');
};
