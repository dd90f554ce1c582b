/** One scorer in a thread of its own. */
import { fail } from '../core/errors.ts';
import type { Answer, ColumnAnswers, ColumnInput, ScoreOptions, Scorer, Timings } from '../core/types.ts';
import { readImageInNode } from '../images/in-node.ts';
import type { Package } from '../package/layout.ts';
import { loadScorer } from '../package/open.ts';
import { openInNode } from '../runtimes/open.node.ts';
import { createTurns, serveThread } from '../threads/serve-thread.ts';
import { moved } from '../threads/wire.ts';

/** What of the options goes to another thread: of timings, that they are asked for. */
export type AskedOptions = Omit<ScoreOptions, 'timings'> & { readonly timed: boolean };

let scorer: Scorer | undefined;

// One call at a time is all that a session promises.
const inTurn = createTurns();
const scoring = <Answers>(
  { timed, ...options }: AskedOptions,
  score: (scorer: Scorer, options: ScoreOptions) => Promise<Answers>,
) =>
  inTurn(async () => {
    if (scorer === undefined) throw fail('INTERNAL', 'A thread was asked before it was given a package.');
    const timings: Timings | undefined = timed ? { validate: 0, prepare: 0, run: 0, finish: 0 } : undefined;
    return { answers: await score(scorer, { ...options, ...(timings && { timings }) }), timings };
  });

const buffersOf = ({ columns }: ColumnAnswers): ArrayBuffer[] => [
  ...new Set(
    Object.values(columns).flatMap((column) => (ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : [])),
  ),
];

const calls = {
  load: (found: Pick<Package, 'manifest' | 'digest' | 'files'>): Promise<Scorer['graph']> =>
    inTurn(async () => {
      scorer = await loadScorer(
        { ...found, digests: new Map(), examples: [], blobs: new Map() },
        openInNode,
        readImageInNode,
      );
      return scorer.graph;
    }),
  score: (rows: readonly unknown[], options: AskedOptions) =>
    scoring<readonly Answer[]>(options, (one, all) => one.score(rows, all)),
  async scoreColumns(columns: Readonly<Record<string, ColumnInput>>, options: AskedOptions) {
    const reply = await scoring<ColumnAnswers>(options, (one, all) => one.scoreColumns(columns, all));
    return moved(reply, buffersOf(reply.answers));
  },
  close: () => inTurn(() => scorer?.close()),
};
export type ScoringCalls = typeof calls;

serveThread(calls);
