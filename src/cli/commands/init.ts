import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { initFolder } from '../../package/init-folder.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly out?: string;
  readonly force?: boolean;
}

const init = async (file: string, { out, force = false }: Options, { cwd, terminal }: Cli): Promise<void> => {
  const model = resolve(cwd, file);
  const folder = resolve(cwd, out ?? dirname(model));
  const written = await initFolder({ model, folder, force, cwd });
  terminal.out(`wrote ${relative(cwd, written)}`);
  const shown = relative(cwd, folder) || '.';
  terminal.err(`Read it, give the fields the names people know, then: millrace pack ${shown}`);
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<model>', 'the trained model: an .onnx file, or what a library of boosted trees saves')
    .option('-o, --out <dir>', 'folder for model.yaml and a copy of the model (default: beside the model)')
    .option('--force', 'write over a model.yaml and a model that are there')
    .action((file: string, options: Options) => init(file, options, cli));
  examples(
    command,
    ['millrace init churn.onnx', 'writes model.yaml beside it'],
    ['millrace init churn.ubj', 'the same for a model that XGBoost saved'],
    ['millrace init churn.onnx -o models/churn', 'makes a folder with both'],
  );
};
