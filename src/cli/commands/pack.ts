import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { fail } from '../../core/errors.ts';
import { largeBlobsOf } from '../../package/file-parts.ts';
import type { Package } from '../../package/layout.ts';
import type { Packed } from '../../package/pack.ts';
import { writePackage } from '../../package/write-package.ts';
import { many, placeText } from '../../terminal/short.ts';
import { size } from '../../terminal/size.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly out?: string;
  readonly register: boolean;
  readonly force?: boolean;
  readonly why?: string;
  readonly as?: string;
  readonly json?: boolean;
  readonly sign?: string;
  readonly timeout?: number;
}

/** @throws USAGE, FILE_EXISTS */
const write = async (
  given: string,
  pieces: Packed['pieces'],
  { force = false }: Options,
  { cwd }: Cli,
): Promise<void> => {
  if (given === '-') throw usage('A package goes to a file.', 'a name, such as churn.tar', '-');
  await writePackage(resolve(cwd, given), pieces, { force, given });
};

/** @throws USAGE, FILE_NOT_FOUND */
const signerOf = async (given: string, { cwd }: Cli): Promise<(packed: Package) => string> => {
  const [{ privateKey, signPackage }, pem] = await Promise.all([
    import('../../package/signing.ts'),
    readFile(resolve(cwd, given), 'utf8').catch((cause: unknown) => {
      throw fail('FILE_NOT_FOUND', `The key ${given} cannot be read`, { expected: 'a private key', got: given, cause });
    }),
  ]);
  const key = privateKey(pem, given);
  return (packed) => signPackage(packed, key);
};

const pack = async (dir: string, options: Options, cli: Cli): Promise<void> => {
  const { app, cwd, env, terminal } = cli;
  const sign = options.sign === undefined ? undefined : await signerOf(options.sign, cli);
  const progress = terminal.progress();
  const opened = await app();
  const {
    package: packed,
    pieces,
    heldOut,
    reference,
  } = await opened
    .pack(dir, { onProgress: (what) => progress.update(what), rowMs: options.timeout, sign })
    .finally(() => progress.done());
  const { manifest, digest, examples: golden, blobs, weights } = packed;
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const file = options.out ?? (options.register ? undefined : join(dir, `${manifest.name}-${manifest.version}.tar`));
  if (file !== undefined) await write(file, pieces, options, cli);
  const registry = options.register ? await opened.registry() : undefined;
  const registered = registry
    ? await registry.register({
        manifest,
        digest,
        blobs,
        large: largeBlobsOf(weights),
        signatures: packed.signatures,
        ...(options.why !== undefined && { why: options.why }),
        ...(options.as !== undefined && { who: options.as }),
      })
    : undefined;
  const { name, version } = manifest;
  if (options.json) {
    return terminal.json({
      name,
      version,
      digest,
      examples: golden.length,
      held_out: heldOut ?? null,
      reference: reference?.file ?? null,
      bytes,
      file: file ?? null,
      signed: packed.signatures !== undefined,
      registered: registered?.added ?? false,
      registry: registry?.place ?? null,
    });
  }
  terminal.out(`${name}@${version} ${digest}`);
  if (reference?.isFound)
    terminal.err(`${reference.file} beside model.yaml is the reference: ${many(reference.rows, 'row')}`);
  const proof = heldOut
    ? `${many(heldOut.rows, 'row')} of ${heldOut.file} ${heldOut.rows === 1 ? 'holds' : 'hold'}, ${many(golden.length, 'golden example')} of them in the package`
    : golden.length > 0
      ? `${golden.length} golden examples hold`
      : 'no golden examples: nothing proves that it answers as it should';
  const where = registry && placeText(registry.place, { cwd, env });
  const kept = registered ? `registered ${registered.added ? '' : 'before, unchanged, '}in ${where}` : 'not registered';
  terminal.err(
    `${proof}; ${size(bytes)}${sign === undefined ? '' : '; signed'}; ${kept}${file === undefined ? '' : `; wrote ${relative(cwd, resolve(cwd, file))}`}`,
  );
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<dir>', 'folder with model.yaml')
    .option('-o, --out <file>', 'write the package as a tar file (an OCI image layout) too')
    .option('--no-register', 'only write the file (default: <dir>/<name>-<version>.tar)')
    .option('--sign <key>', 'sign it with the private key in this file (millrace keys signing)')
    .option('--force', 'replace a file that holds another package')
    .option('--why <text>', 'note kept with the version')
    .option('--as <who>', 'who registers it')
    .option('--timeout <time>', 'what a row may take, such as 10s (default), and loading six times as long', rowTime)
    .option('--json', 'the result as JSON')
    .action((dir: string, options: Options) => pack(dir, options, cli));
  examples(
    command,
    ['millrace pack models/churn', 'check, pack and register'],
    ['millrace pack . --no-register -o churn.tar', 'only the file, to carry elsewhere'],
  );
};
