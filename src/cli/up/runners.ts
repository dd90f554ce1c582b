/** What runs the deployments of each mode: one row here for each. Edge deployments run in browsers. */
import { Command } from 'commander';
import type { modes } from '../../project/project-schema.ts';
import type { CommandModule } from '../command.ts';
import type { Runner, UpOptions } from './runner.ts';

/** A mode whose own command runs its deployments until it is stopped. */
const byCommand =
  (
    load: () => Promise<CommandModule>,
    words: (names: readonly string[], options: UpOptions) => readonly string[],
  ): Runner =>
  async (names, cli, options) => {
    const command = new Command().exitOverride();
    (await load()).define(command, cli);
    await command.parseAsync([...words(names, options)], { from: 'user' });
  };

const option = (name: string, value: string | number | undefined): readonly string[] =>
  value === undefined ? [] : [`--${name}`, String(value)];

export const runners: Readonly<Partial<Record<(typeof modes)[number], () => Promise<Runner>>>> = {
  service: async () => {
    const { serveDeployments } = await import('../commands/serve.ts');
    return (names, cli, { port, host, adminPort, adminHost, allowedHost = [], record, recordWait }) => {
      const words = [
        ...option('port', port),
        ...option('host', host),
        ...option('admin-port', adminPort),
        ...option('admin-host', adminHost),
        ...allowedHost.flatMap((name) => option('allowed-host', name)),
        ...option('record', record),
        ...(recordWait ? ['--record-wait'] : []),
      ];
      return serveDeployments(names, words, cli);
    };
  },
  batch: async () => (await import('./batch.ts')).runBatches,
  stream: async () =>
    byCommand(
      () => import('../commands/stream.ts'),
      (names) => ['run', ...names],
    ),
  decide: async () =>
    byCommand(
      () => import('../commands/decide.ts'),
      (names) => ['run', ...names],
    ),
};
