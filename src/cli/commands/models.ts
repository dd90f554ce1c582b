import type { Command } from 'commander';
import { type Cli, examples } from '../command.ts';
import { oneLine, shortDigest, shortTime } from '../short.ts';

export const define = (command: Command, { app, terminal }: Cli): void => {
  command.option('--json', 'print JSON').action(async ({ json }: { readonly json?: true }) => {
    const models = await (await (await app()).registry()).models();
    if (json) return terminal.json(models);
    if (models.length === 0) return terminal.err('Nothing is registered yet: millrace pack <dir> registers a model');
    terminal.table(
      models.flatMap(({ versions, pointers }) =>
        versions.map(({ name, version, digest, registeredAt, registeredBy }) => ({
          model: `${name}@${version}`,
          digest: shortDigest(digest),
          environments: pointers
            .filter((pointer) => pointer.version === version)
            .map(({ environment }) => environment)
            .join(', '),
          registered: shortTime(registeredAt),
          by: oneLine(registeredBy),
        })),
      ),
    );
  });
  examples(
    command,
    ['millrace models', 'every version, and the environments that point at it'],
    ['millrace models --json', 'the same for a program'],
  );
};
