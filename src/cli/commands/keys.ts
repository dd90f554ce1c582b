import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Key } from '../../access/key.ts';
import type { Keys } from '../../access/keys.ts';
import { roles } from '../../access/principal.ts';
import { type Cli, examples } from '../command.ts';
import { defineSigning } from '../keys/signing.ts';
import { whole } from '../numbers.ts';
import { askServer, type ServerOption, serverOption } from '../remote.ts';

interface CreateOptions {
  readonly role: string;
  readonly models?: readonly string[];
  readonly name?: string;
  readonly expires?: string;
  readonly calls?: number;
  readonly rows?: number;
  readonly server?: string;
  readonly as?: string;
  readonly json?: true;
}

interface ListOptions extends ServerOption {
  readonly json?: true;
}

interface RevokeOptions extends ServerOption {
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

/** The keys of the registry here, or of a Millrace elsewhere. */
const keysAt = async (server: string | undefined, cli: Cli): Promise<Pick<Keys, 'create' | 'list' | 'revoke'>> => {
  if (server === undefined) return (await cli.app()).keys();
  return {
    create: (asked) => askServer(server, 'keys/create', asked, cli),
    list: async () => (await askServer<{ readonly keys: readonly Key[] }>(server, 'keys/list', {}, cli)).keys,
    revoke: (id) => askServer(server, 'keys/revoke', { id }, cli),
  };
};

/** Who is named: a Millrace elsewhere names who has the key. */
const whoOf = async ({ as, server }: { readonly as?: string } & ServerOption, { app }: Cli): Promise<string> =>
  as || (server === undefined ? (await app()).who : '');

const create = async (options: CreateOptions, cli: Cli): Promise<void> => {
  const { as: _, json, expires, server, ...asked } = options;
  const { terminal } = cli;
  const keys = await keysAt(server, cli);
  const { key, secret } = await keys.create({ ...asked, expiresAt: expires }, await whoOf(options, cli));
  if (json) return terminal.json({ ...key, secret });
  terminal.out(secret);
  terminal.err(`${key.name}: ${key.role} of ${key.models.join(', ')}. The key is shown this once; keep it well.`);
};

const list = async ({ json, server }: ListOptions, cli: Cli): Promise<void> => {
  const { terminal } = cli;
  const all = await (await keysAt(server, cli)).list();
  if (json) return terminal.json({ keys: all });
  if (all.length === 0) return terminal.err('no keys yet: millrace keys create --role predict');
  terminal.table(
    all.map((key) => ({
      id: key.id,
      name: key.name,
      role: key.role,
      models: key.models.join(' '),
      state: stateOf(key, new Date()),
      'last used': key.usedOn ?? 'never',
    })),
  );
};

const revoke = async (ids: readonly string[], options: RevokeOptions, cli: Cli): Promise<void> => {
  const { terminal } = cli;
  const { json, server } = options;
  const [own, who] = [await keysAt(server, cli), await whoOf(options, cli)];
  const revoked: Key[] = [];
  for (const id of ids) revoked.push(await own.revoke(id, who));
  if (json) return terminal.json({ keys: revoked });
  for (const { id, name } of revoked) terminal.out(`${id} (${name}) is revoked: within two seconds it opens nothing`);
};

const defineCreate = (command: Command, cli: Cli): void => {
  examples(
    serverOption(command.command('create'))
      .summary('make a key, and show it once')
      .description('Make a key, and show it once: what is kept is its hash.')
      .addOption(
        new Option(
          '--role <role>',
          'predict asks and labels; operate also reads records and metrics and loads models; admin does all',
        )
          .choices(roles)
          .makeOptionMandatory(),
      )
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
  serverOption(command.command('list'))
    .summary('show all keys, without their secrets')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => list(options, cli));
  examples(
    serverOption(command.command('revoke'))
      .summary('refuse whoever comes with a key, within two seconds')
      .argument('<ids...>', 'as `millrace keys list` shows them')
      .option('--as <who>', 'who revokes it (default: MILLRACE_WHO, else the user of this machine)')
      .option('--json', 'print JSON')
      .action((ids: readonly string[], options: RevokeOptions) => revoke(ids, options, cli)),
    ['millrace keys revoke 0a1b2c3d4e', 'a program has ended, or a key was seen'],
  );
  defineSigning(command, cli);
  examples(command, ['millrace keys create --role predict', 'for a program that asks']);
};
