/** Rows that stand in no output: counted by code, the first few remembered, all of them written where asked. */
import { openSink } from '../../files/byte-sink.ts';
import { jsonText } from '../../files/cells.ts';
import type { RefusedRow } from '../../files/output-rows.ts';
import type { Target } from '../../files/place.ts';

export interface Rejects {
  readonly count: number;
  readonly byCode: Readonly<Record<string, number>>;
  /** The first five. */
  readonly first: readonly RefusedRow[];
  add(rejects: readonly RefusedRow[]): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

const KEPT = 5;

/** One line of a rejects file. */
const line = ({ row, line: at, problem, input }: RefusedRow): string => {
  const { code, field, expected, got, step, message } = problem;
  return `${jsonText({ row, line: at, code, field, expected, got, step, message, input })}\n`;
};

/** NDJSON: {row, line, code, field, expected, got, step, message, input}. Without a target they are only counted. */
export const createRejects = async (target: Target | undefined): Promise<Rejects> => {
  const sink = target === undefined ? undefined : await openSink(target);
  const byCode: Record<string, number> = {};
  const first: RefusedRow[] = [];
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
