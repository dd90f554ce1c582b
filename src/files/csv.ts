/** CSV: a header, then a row a record. All cells are text; an empty one without quotes is missing. */
import { fail, type Problem } from '../core/errors.ts';
import { openSink } from './byte-sink.ts';
import { csvCell } from './cells.ts';
import { type ChunkBuilder, createChunkBuilder } from './chunk-builder.ts';
import { type CsvRecord, createRecordReader } from './csv-records.ts';
import type { FormatModule } from './format.ts';
import { sourceName } from './place.ts';
import { MAX_ROW_CHARS, record, type TableChunk } from './table.ts';
import { textBlocks } from './text-blocks.ts';

/** A comma, unless the first line has none and does have a semicolon or a tab. */
const delimiterOf = (text: string): string => {
  const header = text.slice(0, text.indexOf('\n') >>> 0);
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
};

const headerOf = (name: string, first: CsvRecord): readonly string[] => {
  const expected = 'a first line that names the columns';
  if ('problem' in first)
    throw fail('BAD_FILE', `${name}, line 1: ${first.problem.message}`, { expected, got: first.raw });
  const names = first.cells.map((cell, index) => cell ?? `column${index + 1}`);
  const twice = names.find((column, index) => names.indexOf(column) !== index);
  if (twice === undefined) return names;
  throw fail('BAD_FILE', `${name}, line ${first.line}: two columns are called ${JSON.stringify(twice)}.`, {
    expected: 'a first line that names each column once',
    got: `${JSON.stringify(twice)} twice`,
    field: twice,
  });
};

const wrongWidth = (names: readonly string[], got: number): Problem => ({
  code: 'BAD_LINE',
  message: `Expected ${names.length} cells, as in the first line, got ${got}.`,
  expected: `${names.length} cells`,
  got: `${got}`,
});

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

export const csv: FormatModule = {
  async *read(source, { chunkRows }) {
    const name = sourceName(source);
    let names: readonly string[] | undefined;
    let reader: ReturnType<typeof createRecordReader> | undefined;
    const builder: ChunkBuilder<Cells> = createChunkBuilder(chunkRows);
    let yielded = false;

    const flush = (share: number | undefined): TableChunk => {
      yielded = true;
      const { rows, rejects, place } = builder.take();
      return {
        rows: rows.length,
        ...columnsOf(names ?? [], rows),
        rejects,
        place,
        ...(share === undefined ? {} : { share }),
      };
    };
    const take = (found: CsvRecord): void => {
      if (names === undefined) {
        if ('problem' in found || found.cells.length > 1 || found.cells[0] !== null) names = headerOf(name, found);
      } else if ('problem' in found) builder.reject(found.problem, found.line, found.raw);
      else if (found.cells.length === names.length) builder.add(found.cells, found.line, found.length);
      else if (found.cells.length > 1 || found.cells[0] !== null) {
        builder.reject(wrongWidth(names, found.cells.length), found.line, found.cells.join(','));
      }
    };

    for await (const { text, clean, share } of textBlocks(source)) {
      reader ??= createRecordReader(delimiterOf(text), MAX_ROW_CHARS);
      for (const found of reader.push(text, clean)) {
        take(found);
        if (builder.full) yield flush(share);
      }
    }
    for (const found of reader?.end() ?? []) {
      take(found);
      if (builder.full) yield flush(1);
    }
    if (names === undefined) {
      throw fail('BAD_FILE', `${name} is empty: expected a first line that names the columns.`, {
        expected: 'a first line that names the columns',
        got: 'an empty file',
      });
    }
    if (!builder.empty || !yielded) yield flush(1);
  },

  async write(target, { columns }) {
    const sink = await openSink(target);
    const encoders = columns.map(({ name, type }) => ({ name, encode: csvCell(type) }));
    let header = `${columns.map(({ name }) => csvCell('VARCHAR')(name)).join(',')}\n`;
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
