/** CSV: a header, then a row a record. All cells are text; an empty one without quotes is missing. */
import { openSink } from './byte-sink.ts';
import { csvCell } from './cells.ts';
import { type ChunkBuilder, createChunkBuilder } from './chunk-builder.ts';
import { createCsvReader } from './csv-reader.ts';
import type { CsvRecord } from './csv-record.ts';
import type { FormatModule } from './format.ts';
import { sourceName } from './place.ts';
import { type ColumnSpec, record, type TableChunk } from './table.ts';
import { textBlocks } from './text-blocks.ts';

type Cells = readonly (string | null)[];

const columnsOf = (names: readonly string[], rows: readonly Cells[]): Pick<TableChunk, 'columns' | 'types'> => {
  const columns = record<readonly (string | null)[]>();
  const types = record<string>();
  names.forEach((name, index) => {
    columns[name] = rows.map((cells) => cells[index]);
    types[name] = 'VARCHAR';
  });
  return { columns, types };
};

/** The first line of a file of these columns. */
export const csvHeader = (columns: readonly ColumnSpec[], csvSafe = false): string =>
  `${columns.map(({ name }) => csvCell('VARCHAR', csvSafe)(name)).join(',')}\n`;

export const csv: FormatModule = {
  async *read(source, { chunkRows }) {
    const reader = createCsvReader({ what: sourceName(source), code: 'BAD_FILE' });
    const builder: ChunkBuilder<Cells> = createChunkBuilder(chunkRows);
    let yielded = false;

    const flush = (share: number | undefined): TableChunk => {
      yielded = true;
      const { rows, rejects, place } = builder.take();
      return {
        rows: rows.length,
        ...columnsOf(reader.names ?? [], rows),
        rejects,
        place,
        ...(share === undefined ? {} : { share }),
      };
    };
    const take = (found: CsvRecord): void => {
      if ('problem' in found) builder.reject(found.problem, found.line, found.raw);
      else builder.add(found.cells, found.line, found.length);
    };

    for await (const { text, clean, share } of textBlocks(source)) {
      for (const found of reader.push(text, clean)) {
        take(found);
        if (builder.full) yield flush(share);
      }
    }
    for (const found of reader.end()) {
      take(found);
      if (builder.full) yield flush(1);
    }
    if (!builder.empty || !yielded) yield flush(1);
  },

  async write(target, { columns, csvSafe }) {
    const sink = await openSink(target);
    const encoders = columns.map(({ name, type }) => ({ name, encode: csvCell(type, csvSafe) }));
    let header = csvHeader(columns, csvSafe);
    return {
      async write({ rows, columns: values }) {
        const lines = [header];
        header = '';
        const cells = encoders.map(({ name, encode }) => ({ values: values[name], encode }));
        for (let row = 0; row < rows; row++) {
          lines.push(`${cells.map(({ values, encode }) => encode(values?.[row])).join(',')}\n`);
        }
        await sink.write(lines.join(''));
      },
      async close() {
        if (header !== '') await sink.write(header);
        return sink.close();
      },
      abort: sink.abort,
    };
  },
};
