/** Rows that stand in no output: counted by code, the first few remembered, all of them written where asked. */
import type { Problem } from '../../core/errors.ts';
import { openSink } from '../../files/byte-sink.ts';
import { jsonText } from '../../files/cells.ts';
import type { Target } from '../../files/place.ts';
import type { Place } from '../../files/table.ts';

/** One line of a rejects file. */
export interface Reject extends Place {
  readonly problem: Problem;
  /** The row as it was read, or the text that could not be read as one. */
  readonly input: unknown;
}

export interface Rejects {
  readonly count: number;
  readonly byCode: Readonly<Record<string, number>>;
  /** The first five. */
  readonly first: readonly Reject[];
  add(rejects: readonly Reject[]): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

const KEPT = 5;

const line = ({ row, line: at, problem, input }: Reject): string => {
  const { code, field, expected, got, step, message } = problem;
  return `${jsonText({ row, line: at, code, field, expected, got, step, message, input })}\n`;
};

/** NDJSON: {row, line, code, field, expected, got, step, message, input}. Without a target they are only counted. */
export const createRejects = async (target: Target | undefined): Promise<Rejects> => {
  const sink = target === undefined ? undefined : await openSink(target);
  const byCode: Record<string, number> = {};
  const first: Reject[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    byCode,
    first,
    async add(rejects) {
      if (rejects.length === 0) return;
      count += rejects.length;
      for (const reject of rejects) {
        byCode[reject.problem.code] = (byCode[reject.problem.code] ?? 0) + 1;
        if (first.length < KEPT) first.push(reject);
      }
      await sink?.write(rejects.map(line).join(''));
    },
    async close() {
      await sink?.close();
    },
    async abort() {
      await sink?.abort();
    },
  };
};
