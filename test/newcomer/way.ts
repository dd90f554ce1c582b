/**
 * One way from a trained model to answers: a folder with what leads there, the commands that README.md has, and the rows that
 * were held out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import type { Tolerance } from '../../src/core/types.ts';
import { toleranceOf } from '../../src/package/golden.ts';
import { runCli } from '../run-cli.ts';
import { fromCsv, toCsv } from './csv.ts';
import { compare, type HeldOut, type Row, rowsFor } from './held-out.ts';
import { commandsIn, ownModel } from './pages.ts';

export interface Way {
  readonly name: string;
  readonly folder: string;
  /** The file that `init` is to write a model.yaml for, where there is none. */
  readonly file?: string;
  /** Whether the library's bits are promised. */
  readonly exact: boolean;
  /** Outputs are called as the library's answers are; else they stand in their order. */
  readonly named: boolean;
  readonly heldOut: HeldOut;
}

/** A way that answered right, and how to ask it again. */
export interface Answered {
  readonly way: Way;
  readonly model: string;
  /** What the page serves. */
  readonly ref: string;
  readonly rows: readonly Row[];
  readonly answers: readonly Row[];
  readonly tolerance: Tolerance;
  /** The greatest difference to the library. */
  readonly greatest: number;
}

const EXACT: Tolerance = { atol: 0, rtol: 0 };

const commands = commandsIn(ownModel());

/** A command as the page has it, of this model in place of churn. */
const wordsOf = (command: string, model: string, file: string): readonly string[] => {
  const words = commands.get(command);
  if (words === undefined) throw new Error(`README.md has no ${command} any more.`);
  return [command, ...words.map((word) => (word === 'churn.onnx' ? file : word.replace(/^churn@/, `${model}@`)))];
};

/** Holds answers against the library's; the greatest difference. @throws when one is further off than is promised */
export const judge = ({ exact, named, heldOut }: Way, answers: readonly Row[], tolerance: Tolerance): number => {
  const given = Object.keys(answers[0] ?? {});
  const far = Object.entries(named ? heldOut.answers : heldOut.own).map(([name, expected], at) => {
    const got = answers.map((row) => row[named ? name : given[at]]);
    const { problem, greatest } = compare(name, got, expected, exact ? EXACT : tolerance);
    if (problem !== undefined) throw new Error(problem);
    return greatest;
  });
  return Math.max(...far);
};

/** `init` where there is no model.yaml, `pack`, `promote`, and `predict` of a file. @throws when one fails, or an answer is off */
export const follow = async (way: Way, home: string): Promise<Answered> => {
  const { folder, file, heldOut } = way;
  const env = { MILLRACE_HOME: home };
  const millrace = async (command: string, model = ''): Promise<void> => {
    const { code, stderr } = await runCli(wordsOf(command, model, file ?? ''), { cwd: folder, env });
    if (code !== 0) throw new Error(`${command}: ${stderr.split('\n').slice(0, 4).join(' ').slice(0, 500)}`);
  };
  if (file !== undefined) await millrace('init');
  await millrace('pack');
  const app = createApp({ cwd: folder, env });
  const { manifest } = await app.open(folder).finally(() => app.close());
  const rows = rowsFor(heldOut, manifest.inputs);
  writeFileSync(join(folder, 'customers.csv'), toCsv(rows));
  await millrace('promote', manifest.name);
  await millrace('predict', manifest.name);
  const answers = fromCsv(readFileSync(join(folder, 'scored.csv'), 'utf8'), manifest.outputs);
  const tolerance = toleranceOf(manifest);
  const [, ref] = wordsOf('serve', manifest.name, '');
  return { way, model: manifest.name, ref, rows, answers, tolerance, greatest: judge(way, answers, tolerance) };
};

interface Prediction {
  readonly prediction?: Row;
}

/** Asks a service for the same rows; it answers as `predict` did, bit for bit. @throws where it does not */
export const askService = async ({ model, rows, answers }: Answered, url: string): Promise<void> => {
  const response = await fetch(`${url}/predict/${model}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rows }),
  });
  const body = (await response.json()) as { readonly predictions?: readonly Prediction[] };
  const served = body.predictions?.map(({ prediction }) => prediction);
  if (JSON.stringify(served) === JSON.stringify(answers)) return;
  throw new Error(
    `serve: ${response.status}, and other answers than predict: ${JSON.stringify(served ?? body).slice(0, 300)}`,
  );
};
