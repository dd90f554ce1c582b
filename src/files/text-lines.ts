import { NOT_UTF8 } from '../text/utf8.ts';
import type { TextBlock } from './text-blocks.ts';

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** What is wrong with the line as text; `text` is then cut or damaged. */
  readonly flaw?: string;
  readonly share?: number;
}

/** Blocks of text as lines, without their ends (LF or CRLF). Of a line longer than `maxChars` only the start is kept. */
export async function* textLines(blocks: AsyncIterable<TextBlock>, maxChars: number): AsyncGenerator<Line> {
  let parts: string[] = [];
  let length = 0;
  let number = 1;
  let clean = true;
  let share: number | undefined;

  const keep = (text: string): void => {
    if (text !== '' && length <= maxChars) parts.push(text);
    length += text.length;
  };
  const take = (): Line => {
    const whole = parts.length === 1 ? parts[0] : parts.join('');
    const text = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    const flaw = length > maxChars ? 'too long' : !clean && text.includes(NOT_UTF8) ? 'not UTF-8' : undefined;
    parts = [];
    length = 0;
    return {
      text: flaw === undefined ? text : text.slice(0, 2000).toWellFormed(),
      number: number++,
      ...(flaw && { flaw }),
      ...(share !== undefined && { share }),
    };
  };

  for await (const block of blocks) {
    share = block.share;
    clean = block.clean && (clean || length === 0);
    let at = 0;
    for (let end = block.text.indexOf('\n'); end !== -1; end = block.text.indexOf('\n', at)) {
      keep(block.text.slice(at, end));
      yield take();
      clean = block.clean;
      at = end + 1;
    }
    keep(block.text.slice(at));
  }
  if (length > 0) yield take();
}
