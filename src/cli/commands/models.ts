import type { Command } from 'commander';
import { oneLine, placeText, shortDigest, shortTime } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';

export const define = (command: Command, { app, cwd, env, terminal }: Cli): void => {
  command.option('--json', 'print JSON').action(async ({ json }: { readonly json?: true }) => {
    const registry = await (await app()).lookup();
    const models = await registry.models();
    if (json) return terminal.json(models);
    if (models.length === 0) {
      const where = placeText(registry.place, { cwd, env });
      return terminal.err(`Nothing is registered in ${where} yet: millrace pack <dir> registers a model`);
    }
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
