import type { Command } from 'commander';
import type { Approval } from '../../registry/types.ts';
import { type Cli, examples } from '../command.ts';
import { askServer, serverOption } from '../remote.ts';
import { missingEnvironment } from '../usage.ts';

interface Options {
  readonly for?: string;
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
  readonly server?: string;
}

interface Approved extends Approval {
  readonly approvedBy: readonly string[];
}

const approve = async (ref: string, options: Options, cli: Cli): Promise<Approved> => {
  const { for: environment, why, as: who, server } = options;
  if (server !== undefined) {
    if (environment === undefined) throw missingEnvironment('--for', []);
    return askServer(server, 'approve', { ref, environment, why }, cli);
  }
  const { app } = cli;
  const { environments, lookup } = await app();
  if (environment === undefined) throw missingEnvironment('--for', environments);
  const registry = await lookup();
  const { name, version } = await registry.resolve(ref);
  const signed = { ...(why && { why }), ...(who && { who }) };
  const approval = await registry.approve({ name, version, environment, ...signed });
  const all = await registry.approvals({ name, version, environment });
  return { ...approval, approvedBy: [...new Set(all.map((one) => one.who))] };
};

const tell = (approved: Approved, { json }: Options, { terminal }: Cli): void => {
  if (json) {
    terminal.json(approved);
    return;
  }
  const { name, version, environment, approvedBy } = approved;
  terminal.out(`${name}@${version} is approved for ${environment} by ${approvedBy.join(', ')}`);
};

export const define = (command: Command, cli: Cli): void => {
  serverOption(command)
    .argument('<ref>', 'the version, or what an environment points at (name@staging)')
    .option('--for <environment>', 'where it may come in (required)')
    .option('--why <text>', 'what it rests on')
    .option('--as <who>', 'who approves (default: MILLRACE_WHO, else the user of this machine)')
    .option('--json', 'print JSON')
    .action(async (ref: string, options: Options) => tell(await approve(ref, options, cli), options, cli));
  examples(
    command,
    ['millrace approve ride-duration@1.2.0 --for production', 'you are for it'],
    ['millrace approve ride-duration@staging --for production --why "figures of week 47"', 'and say why'],
  ).addHelpText(
    'after',
    `
The gate "approvals: 2" of an environment lets a version in that two others than who packed it have approved of.`,
  );
};
