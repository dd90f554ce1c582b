import type { Command } from 'commander';
import { type Cli, examples } from '../command.ts';
import { missingEnvironment } from '../usage.ts';

interface Options {
  readonly for?: string;
  readonly why?: string;
  readonly as?: string;
  readonly json?: true;
}

const approve = async (ref: string, options: Options, { app, terminal }: Cli): Promise<void> => {
  const { for: environment, why, as: who, json } = options;
  const { environments, lookup } = await app();
  if (environment === undefined) throw missingEnvironment('--for', environments);
  const registry = await lookup();
  const { name, version } = await registry.resolve(ref);
  const signed = { ...(why && { why }), ...(who && { who }) };
  const approval = await registry.approve({ name, version, environment, ...signed });
  const all = await registry.approvals({ name, version, environment });
  const approvedBy = [...new Set(all.map((one) => one.who))];
  if (json) return terminal.json({ ...approval, approvedBy });
  terminal.out(`${name}@${version} is approved for ${environment} by ${approvedBy.join(', ')}`);
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<ref>', 'the version, or what an environment points at (name@staging)')
    .option('--for <environment>', 'where it may come in (required)')
    .option('--why <text>', 'what it rests on')
    .option('--as <who>', 'who approves (default: MILLRACE_WHO, else the user of this machine)')
    .option('--json', 'print JSON')
    .action((ref: string, options: Options) => approve(ref, options, cli));
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
