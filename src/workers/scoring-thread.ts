/** One scorer in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Problem, problemOf } from '../core/errors.ts';
import type { Answer, ColumnAnswers, ColumnInput, Manifest, ScoreOptions, Timings } from '../core/types.ts';
import { loadScorer } from '../package/open.ts';
import { runtimes } from '../runtimes/index.ts';

export interface ScoringThreadData {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface ScoreCall {
  readonly id: number;
  readonly columns?: Readonly<Record<string, ColumnInput>>;
  readonly rows?: readonly unknown[];
  readonly options: Omit<ScoreOptions, 'timings'> & { readonly timed: boolean };
}
export type ScoreReply =
  | { readonly ready: { readonly inputs: unknown; readonly outputs: unknown } }
  | { readonly id: number; readonly answers: ColumnAnswers | readonly Answer[]; readonly timings?: Timings | undefined }
  | { readonly id: number; readonly problem: Problem };

const { manifest, digest, files } = workerData as ScoringThreadData;
const scorer = await loadScorer(
  { manifest, digest, files, digests: new Map(), examples: [], blobs: new Map() },
  await runtimes[manifest.runtime](),
);

const buffersOf = ({ columns }: ColumnAnswers): ArrayBuffer[] => [
  ...new Set(
    Object.values(columns).flatMap((column) => (ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : [])),
  ),
];

const answer = async ({ id, columns, rows, options: { timed, ...options } }: ScoreCall): Promise<void> => {
  const timings = timed ? { validate: 0, prepare: 0, run: 0, finish: 0 } : undefined;
  const all = { ...options, ...(timings && { timings }) };
  try {
    if (columns === undefined) {
      const reply: ScoreReply = { id, answers: await scorer.score(rows ?? [], all), timings };
      return parentPort?.postMessage(reply);
    }
    const answers = await scorer.scoreColumns(columns, all);
    const reply: ScoreReply = { id, answers, timings };
    parentPort?.postMessage(reply, buffersOf(answers));
  } catch (error) {
    const reply: ScoreReply = { id, problem: problemOf(error) };
    parentPort?.postMessage(reply);
  }
};

// One call at a time is all that a session promises.
let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (call: ScoreCall | 'close') => {
  last = last.then(async () => {
    if (call !== 'close') return answer(call);
    await scorer.close();
    parentPort?.close();
  });
});
const ready: ScoreReply = { ready: scorer.graph };
parentPort?.postMessage(ready);
