/** NDJSON: a JSON object a line. */
import { fail } from '../core/errors.ts';
import { openSink } from './byte-sink.ts';
import type { FormatModule } from './format.ts';
import { createJsonRowReader, jsonLines } from './json-rows.ts';
import { sourceName } from './place.ts';
import { MAX_ROW_CHARS } from './table.ts';
import { textBlocks } from './text-blocks.ts';
import { type Line, textLines } from './text-lines.ts';

const problemOf = ({ flaw }: Line & { flaw: string }) => ({
  code: 'BAD_LINE' as const,
  message: `The line is ${flaw}: expected UTF-8 text of at most ${MAX_ROW_CHARS} characters.`,
  expected: `UTF-8 text of at most ${MAX_ROW_CHARS} characters`,
  got: flaw,
});

export const ndjson: FormatModule = {
  async *read(source, { chunkRows }) {
    const reader = createJsonRowReader(chunkRows);
    let chunks = 0;
    for await (const line of textLines(textBlocks(source), MAX_ROW_CHARS)) {
      if (line.flaw !== undefined)
        reader.builder.reject(problemOf({ ...line, flaw: line.flaw }), line.number, line.text);
      else if (line.number === 1 && line.text.trimStart().startsWith('['))
        throw notNdjson(sourceName(source), line.text);
      else if (line.text.trim() !== '') reader.take(line.text, line.number);
      if (!reader.builder.full) continue;
      const chunk = reader.flush(line.share);
      chunks++;
      if (reader.good === 0) throw notNdjson(sourceName(source), chunk.rejects[0]?.raw ?? '');
      yield chunk;
    }
    if (reader.builder.empty && chunks > 0) return;
    const chunk = reader.flush(1);
    if (reader.good === 0 && chunk.rejects.length > 0) throw notNdjson(sourceName(source), chunk.rejects[0]?.raw ?? '');
    yield chunk;
  },

  async write(target, { columns }) {
    const sink = await openSink(target);
    return {
      async write(rows) {
        const lines = jsonLines(columns, rows);
        if (lines.length > 0) await sink.write(`${lines.join('\n')}\n`);
      },
      close: sink.close,
      abort: sink.abort,
    };
  },
};

/** A file in which not one row can be read is another file than was meant: better one error than a reject for each line. */
const notNdjson = (name: string, first: string) =>
  fail('BAD_FILE', `${name}: not one row could be read, from line 1 on: expected a JSON object a line.`, {
    expected: 'a JSON object a line (for one array of objects, the format is json)',
    got: first.slice(0, 80),
  });
