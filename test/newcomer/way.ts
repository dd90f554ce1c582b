/** One way from a trained model to answers: a folder, packed, and asked about the rows that were held out. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import type { Tolerance } from '../../src/core/types.ts';
import { toleranceOf } from '../../src/package/golden.ts';
import { runCli } from '../run-cli.ts';
import { compare, type HeldOut, type Row, rowsFor } from './held-out.ts';

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
  readonly rows: readonly Row[];
  readonly answers: readonly Row[];
  readonly tolerance: Tolerance;
  /** The greatest difference to the library. */
  readonly greatest: number;
}

const EXACT: Tolerance = { atol: 0, rtol: 0 };

const millrace = async (home: string, ...words: readonly string[]): Promise<void> => {
  const { code, stderr } = await runCli(words, { cwd: home });
  if (code !== 0) throw new Error(`${words[0]}: ${stderr.split('\n').slice(0, 4).join(' ').slice(0, 500)}`);
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

/** `init` where there is no model.yaml, `pack`, and `predict` of a file. @throws when one fails, or an answer is off */
export const follow = async (way: Way, home: string): Promise<Answered> => {
  const { folder, file, heldOut } = way;
  if (file !== undefined) await millrace(home, 'init', join(folder, file));
  await millrace(home, 'pack', folder, '--no-register');
  const app = createApp({ cwd: home, env: { MILLRACE_HOME: home } });
  const { manifest } = await app.open(folder).finally(() => app.close());
  const rows = rowsFor(heldOut, manifest.inputs);
  const [from, to] = [join(folder, 'rows.ndjson'), join(folder, 'scored.ndjson')];
  writeFileSync(from, rows.map((row) => JSON.stringify(row)).join('\n'));
  await millrace(home, 'predict', folder, '--in', from, '--out', to, '--only-predictions');
  const lines = readFileSync(to, 'utf8').trim().split('\n');
  const answers = lines.map((line) => JSON.parse(line) as Row);
  const tolerance = toleranceOf(manifest);
  return { way, model: manifest.name, rows, answers, tolerance, greatest: judge(way, answers, tolerance) };
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
