/** `millrace keys signing`: a pair of keys by which packages are signed, and known. */
import { chmod, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fail } from '../../core/errors.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly out: string;
  readonly json?: true;
}

/** Nobody else may read a private key. */
const OWN = 0o600;

/** @throws FILE_EXISTS: a key that packages were signed with is never lost by a slip */
const write = async (path: string, given: string, text: string, mode: number): Promise<void> => {
  try {
    await writeFile(path, text, { mode, flag: 'wx' });
    await chmod(path, mode);
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw fail(
      isThere ? 'FILE_EXISTS' : 'FILE_NOT_FOUND',
      `${given} ${isThere ? 'exists already' : 'cannot be written'}`,
      {
        expected: 'files that are not there yet, in a folder that is',
        got: given,
        cause,
      },
    );
  }
};

const make = async ({ out, json }: Options, { cwd, terminal }: Cli): Promise<void> => {
  const { newKeyPair } = await import('../../package/signing.ts');
  const { secret, open, id } = newKeyPair();
  const [secretFile, openFile] = [`${out}.key`, `${out}.pub`];
  await write(resolve(cwd, secretFile), secretFile, secret, OWN);
  await write(resolve(cwd, openFile), openFile, open, 0o644);
  if (json) return terminal.json({ id, key: secretFile, public: openFile });
  terminal.out(id);
  terminal.err(
    `${secretFile} signs: keep it secret. ${openFile} tells who signed: it stands under trust in millrace.yaml`,
  );
};

export const defineSigning = (keys: Command, cli: Cli): void => {
  examples(
    keys
      .command('signing')
      .summary('make a pair of keys that packages are signed with')
      .option('-o, --out <name>', 'the files <name>.key and <name>.pub', 'signing')
      .option('--json', 'print JSON')
      .action((options: Options) => make(options, cli)),
    ['millrace keys signing -o alice', 'alice.key signs (pack --sign), alice.pub is for trust'],
  );
};
