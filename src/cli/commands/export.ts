import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writePackage } from '../../package/write-package.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly out?: string;
  readonly prefix?: string;
  readonly force?: boolean;
}

export const define = (command: Command, { app, cwd, terminal }: Cli): void => {
  const c = command
    .command('c')
    .summary('one header in C99, for devices')
    .description(
      'Write a package as one header in C99, with the same answers to the last bit; or say why it cannot be.',
    )
    .argument('<ref>', 'name@version, name@environment, name@sha256:…, name, a folder or a package file')
    .option('-o, --out <file>', 'write it to a file, and not to stdout')
    .option('--prefix <name>', "what its names begin with (default: the model's name)")
    .option('--force', 'replace a file that is there')
    .action(async (ref: string, { out, prefix, force = false }: Options) => {
      const header = await (await app()).exportC(ref, { prefix });
      if (out === undefined || out === '-') return terminal.out(header.trimEnd());
      await writePackage(resolve(cwd, out), Buffer.from(header), { force, given: out, what: 'file' });
    });
  for (const one of [command, c])
    examples(
      one,
      ['millrace export c churn@production -o churn.h', 'a header to include'],
      ['millrace export c ./models/churn', 'see what it would be'],
    );
};
