/** The rejected rows of a run as a source: as they are now where they can be found by their key, else as they were. */
import type { ColumnInput, Row } from '../../core/types.ts';
import { type BadRow, record } from '../../files/table.ts';
import type { Source, SourceChunk, SourcePosition } from '../../sources/source.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Reject, Run } from './types.ts';

export interface RejectsSourceOptions {
  readonly ledger: Ledger;
  readonly run: Run;
  readonly source: Source;
  readonly key: readonly string[];
}

/** Behind the row of this number. */
interface RejectsPosition {
  readonly row: number;
}

const isRow = (input: unknown): input is Row => typeof input === 'object' && input !== null && !Array.isArray(input);

const keyText = (key: readonly unknown[]): string => JSON.stringify(key.map((value) => String(value)));

export const rejectsSource = ({ ledger, run, source, key }: RejectsSourceOptions): Source => {
  /** Rows by what they are now; one that has gone stays as it was. */
  const renew = async (rejects: readonly Reject[]): Promise<readonly unknown[]> => {
    const named = rejects.filter((reject) => reject.key.length === key.length && !reject.key.includes(null));
    const found = source.find && key.length > 0 ? await source.find(named.map((reject) => reject.key)) : [];
    const now = new Map(found.map((row) => [keyText(key.map((name) => row[name])), row]));
    return rejects.map((reject) => now.get(keyText(reject.key)) ?? reject.input);
  };

  const chunkOf = (rejects: readonly Reject[], inputs: readonly unknown[]): SourceChunk => {
    const good = rejects.flatMap((reject, index) => {
      const input = inputs[index];
      return isRow(input) ? [{ reject, input }] : [];
    });
    const bad = rejects.flatMap((reject, index): readonly BadRow[] =>
      isRow(inputs[index]) ? [] : [{ row: reject.row, problem: reject.problem, raw: String(inputs[index]) }],
    );
    const columns = record<ColumnInput>();
    const types = record<string>();
    for (const [name, type] of Object.entries(run.plan?.source ?? {})) {
      columns[name] = good.map(({ input }) => input[name]);
      types[name] = type;
    }
    const names = new Map(rejects.map((reject) => [reject.row, String(reject.key[0] ?? '')]));
    return {
      rows: good.length,
      columns,
      types,
      rejects: bad,
      place: (index) => ({ row: good[index]?.reject.row ?? 0 }),
      next: { row: rejects.at(-1)?.row ?? 0 } satisfies RejectsPosition,
      rowKey: (row) => names.get(row) ?? '',
    };
  };

  return {
    name: `the rejects of ${run.id}`,
    // A kept row has gone through JSON: instants are texts, and a CSV's cells are what they were.
    cells: source.cells === 'text' ? 'text' : 'free',
    fit: source.fit,
    isOrdered: false,
    fingerprint: async () => run.id,
    async *read(from?: SourcePosition) {
      const after = (from as RejectsPosition | undefined)?.row ?? 0;
      let yielded = false;
      for await (const page of ledger.rejects(run.id, { unresolved: true })) {
        const rest = page.filter(({ row }) => row > after);
        if (rest.length === 0) continue;
        yielded = true;
        yield chunkOf(rest, await renew(rest));
      }
      if (!yielded) yield chunkOf([], []);
    },
    reads: source.reads,
    close: () => source.close(),
  };
};
