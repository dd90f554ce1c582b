/** JSON: one array of objects, read and written piece by piece. */
import { fail } from '../core/errors.ts';
import { NOT_UTF8 } from '../text/utf8.ts';
import { openSink } from './byte-sink.ts';
import type { FormatModule } from './format.ts';
import { createElementReader, NotAnArray } from './json-elements.ts';
import { createJsonRowReader, jsonLines } from './json-rows.ts';
import { sourceName } from './place.ts';
import { MAX_ROW_CHARS } from './table.ts';
import { textBlocks } from './text-blocks.ts';

const flat = (name: string, error: unknown): unknown => {
  if (!(error instanceof NotAnArray)) return error;
  return fail('BAD_FILE', `${name}, line ${error.line}: expected one JSON array of objects, got ${error.message}.`, {
    expected: 'one JSON array of objects (for an object a line, the format is ndjson)',
    got: error.message,
    cause: error,
  });
};

export const json: FormatModule = {
  async *read(source, { chunkRows }) {
    const name = sourceName(source);
    const reader = createJsonRowReader(chunkRows);
    const elements = createElementReader(MAX_ROW_CHARS);
    let chunks = 0;
    try {
      for await (const { text, clean, share } of textBlocks(source)) {
        for (const element of elements.push(text)) {
          if (!clean && element.text.includes(NOT_UTF8)) {
            const got = 'bytes that are none';
            const message = `The element is not UTF-8: expected UTF-8 text, got ${got}.`;
            reader.builder.reject(
              { code: 'BAD_LINE', message, expected: 'UTF-8 text', got },
              element.line,
              element.text.toWellFormed(),
            );
          } else reader.take(element.text, element.line);
          if (!reader.builder.full) continue;
          chunks++;
          yield reader.flush(share);
        }
      }
      elements.end();
    } catch (error) {
      throw flat(name, error);
    }
    if (!reader.builder.empty || chunks === 0) yield reader.flush(1);
  },

  async write(target, { columns }) {
    const sink = await openSink(target);
    let first = true;
    return {
      async write(rows) {
        const lines = jsonLines(columns, rows);
        if (lines.length === 0) return;
        await sink.write(`${first ? '[\n' : ',\n'}${lines.join(',\n')}`);
        first = false;
      },
      async close() {
        await sink.write(first ? '[]\n' : '\n]\n');
        return sink.close();
      },
      abort: sink.abort,
    };
  },
};
