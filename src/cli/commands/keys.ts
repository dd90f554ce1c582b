import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Key } from '../../access/key.ts';
import { roles } from '../../access/principal.ts';
import { type Cli, examples } from '../command.ts';
import { defineSigning } from '../keys/signing.ts';
import { whole } from '../numbers.ts';

interface CreateOptions {
  readonly role: string;
  readonly models?: readonly string[];
  readonly name?: string;
  readonly expires?: string;
  readonly calls?: number;
  readonly rows?: number;
  readonly as?: string;
  readonly json?: true;
}

interface RevokeOptions {
  readonly as?: string;
  readonly json?: true;
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** `12h`, `90d` and `8w` from now, or a day or time itself: ISO 8601. */
const end = (text: string): string => {
  const [, count, unit] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  if (unit !== undefined) return new Date(Date.now() + Number(count) * UNITS_MS[unit]).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new InvalidArgumentError('Expected 12h, 90d, 8w, or a day such as 2027-01-31.');
};

const stateOf = ({ revokedAt, expiresAt }: Key, now: Date): string => {
  if (revokedAt !== undefined) return `revoked ${revokedAt.slice(0, 10)}`;
  if (expiresAt === undefined) return 'good';
  return new Date(expiresAt) <= now ? `expired ${expiresAt.slice(0, 10)}` : `until ${expiresAt.slice(0, 10)}`;
};

const create = async ({ as, json, expires, ...asked }: CreateOptions, { app, terminal }: Cli): Promise<void> => {
  const { keys, who } = await app();
  const { key, secret } = await (await keys()).create({ ...asked, expiresAt: expires }, as || who);
  if (json) return terminal.json({ ...key, secret });
  terminal.out(secret);
  terminal.err(`${key.name}: ${key.role} of ${key.models.join(', ')}. The key is shown this once; keep it well.`);
};

const list = async ({ json }: { readonly json?: true }, { app, terminal }: Cli): Promise<void> => {
  const { keys, clock } = await app();
  const all = await (await keys()).list();
  if (json) return terminal.json({ keys: all });
  if (all.length === 0) return terminal.err('no keys yet: millrace keys create --role predict');
  terminal.table(
    all.map((key) => ({
      id: key.id,
      name: key.name,
      role: key.role,
      models: key.models.join(' '),
      state: stateOf(key, clock()),
      'last used': key.usedOn ?? 'never',
    })),
  );
};

const revoke = async (ids: readonly string[], { as, json }: RevokeOptions, { app, terminal }: Cli): Promise<void> => {
  const { keys, who } = await app();
  const own = await keys();
  const revoked: Key[] = [];
  for (const id of ids) revoked.push(await own.revoke(id, as || who));
  if (json) return terminal.json({ keys: revoked });
  for (const { id, name } of revoked) terminal.out(`${id} (${name}) is revoked: within two seconds it opens nothing`);
};

const defineCreate = (command: Command, cli: Cli): void => {
  examples(
    command
      .command('create')
      .summary('make a key, and show it once')
      .description('Make a key, and show it once: what is kept is its hash.')
      .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
      .option('--models <patterns...>', "which models, such as 'ride-*' (default: all)")
      .option('--name <name>', 'how histories name who comes with it (default: its id)')
      .option('--expires <time>', 'until when it is good: 12h, 90d, 8w, or a day (default: until it is revoked)', end)
      .option('--calls <number>', 'calls that it may have a second', whole(1, 1e9))
      .option('--rows <number>', 'rows that it may have a second', whole(1, 1e9))
      .option('--as <who>', 'who makes it (default: MILLRACE_WHO, else the user of this machine)')
      .option('--json', 'print JSON')
      .action((options: CreateOptions) => create(options, cli)),
    ["millrace keys create --role predict --models 'ride-*' --name app --expires 90d", 'for a program that asks'],
    ['millrace keys create --role operate --name prometheus', 'for one that reads metrics'],
    ['millrace keys create --role admin --name ada --expires 12h', 'for somebody who promotes'],
  );
};

export const define = (command: Command, cli: Cli): void => {
  command.description('Make, list and revoke the keys of those who call a service that was started with --auth.');
  defineCreate(command, cli);
  command
    .command('list')
    .summary('show all keys, without their secrets')
    .option('--json', 'print JSON')
    .action((options: { readonly json?: true }) => list(options, cli));
  examples(
    command
      .command('revoke')
      .summary('refuse whoever comes with a key, within two seconds')
      .argument('<ids...>', 'as `millrace keys list` shows them')
      .option('--as <who>', 'who revokes it (default: MILLRACE_WHO, else the user of this machine)')
      .option('--json', 'print JSON')
      .action((ids: readonly string[], options: RevokeOptions) => revoke(ids, options, cli)),
    ['millrace keys revoke 0a1b2c3d4e', 'a program has ended, or a key was seen'],
  );
  defineSigning(command, cli);
  command.addHelpText(
    'after',
    `
predict asks models and labels what they answered; operate reads records and metrics and loads models too; admin promotes and makes keys
too (docs/ACCESS.md).`,
  );
};
