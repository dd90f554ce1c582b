import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { fail } from '../../core/errors.ts';
import { sizeOf } from '../../files/place.ts';
import { writeModelYaml } from '../../package/init.ts';
import { readOnnx } from '../../runtimes/onnx-graph.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly out?: string;
  readonly force?: boolean;
}

const init = async (file: string, options: Options, { cwd, terminal }: Cli): Promise<void> => {
  const model = resolve(cwd, file);
  await sizeOf(model);
  const bytes = await readFile(model);
  const text = writeModelYaml(readOnnx(bytes), basename(model));
  const dir = resolve(cwd, options.out ?? dirname(model));
  const target = join(dir, 'model.yaml');
  const copy = join(dir, basename(model));
  const before = copy === model ? undefined : await readFile(copy).catch(() => undefined);
  if (before && !before.equals(bytes) && !options.force) {
    const shown = relative(cwd, copy);
    throw fail('FILE_EXISTS', `${shown} is there already, and is another model; --force replaces it.`, {
      expected: `no ${basename(model)}, or the same one`,
      got: shown,
    });
  }
  await mkdir(dir, { recursive: true });
  await writeFile(target, text, { flag: options.force ? 'w' : 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    const shown = relative(cwd, target);
    throw fail('FILE_EXISTS', `${shown} is there already; --force writes it anew.`, {
      expected: 'no model.yaml',
      got: shown,
      cause,
    });
  });
  if (copy !== model) await copyFile(model, copy);
  const shown = relative(cwd, dir) || '.';
  terminal.out(`wrote ${relative(cwd, target)}`);
  terminal.err(`Read it, give the fields the names people know, then: millrace pack ${shown}`);
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<model.onnx>', 'the trained model')
    .option('-o, --out <dir>', 'folder for model.yaml and a copy of the model (default: beside the model)')
    .option('--force', 'write over a model.yaml and a model that are there')
    .action((file: string, options: Options) => init(file, options, cli));
  examples(
    command,
    ['millrace init churn.onnx', 'writes model.yaml beside it'],
    ['millrace init churn.onnx -o models/churn', 'makes a folder with both'],
  );
};
