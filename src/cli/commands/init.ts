import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { fail } from '../../core/errors.ts';
import { exportScript } from '../../export-script.ts';
import { initFolder } from '../../package/init-folder.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly out?: string;
  readonly force?: boolean;
  readonly python?: boolean;
}

const init = async (
  file: string | undefined,
  { out, force = false, python = false }: Options,
  { cwd, terminal }: Cli,
): Promise<void> => {
  if (python) {
    terminal.out(exportScript());
    return;
  }
  if (file === undefined)
    throw fail('USAGE', "missing required argument 'model'", { expected: 'millrace init <model>' });
  const model = resolve(cwd, file);
  const folder = out === undefined ? undefined : resolve(cwd, out);
  const written = await initFolder({ model, folder, force, cwd });
  terminal.out(`wrote ${relative(cwd, written)}`);
  const shown = relative(cwd, dirname(written)) || '.';
  terminal.err(`Read it, give the fields the names people know, then: millrace pack ${shellWord(shown)}`);
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument(
      '[model]',
      'the trained model: an .onnx file, what a library of boosted trees saves, or a folder of MLflow',
    )
    .option('-o, --out <dir>', 'folder for model.yaml and a copy of the model (default: beside the model)')
    .option('--force', 'write over a model.yaml and a model that are there')
    .option('--python', 'print where millrace_export.py lies, which writes the folder where the model was trained')
    .action((file: string | undefined, options: Options) => init(file, options, cli));
  examples(
    command,
    ['millrace init churn.onnx', 'writes model.yaml beside it'],
    ['millrace init churn.ubj', 'the same for a model that XGBoost saved'],
    ['millrace init churn.onnx -o models/churn', 'makes a folder with both'],
    ['cp "$(millrace init --python)" .', 'fetches the script for a pickle, or a model in a notebook'],
  );
};
