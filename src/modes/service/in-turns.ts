/** Writing answers of many rows in a way that leaves others their turns of the event loop. */
import { setImmediate as turn } from 'node:timers/promises';

/** Characters that are written in one turn, and no more than one item beyond. */
const TURN_CHARS = 128 * 1024;

/** Writes on, from an item on, what begins with a text. */
const inTurns = async <Item>(
  items: readonly Item[],
  write: (item: Item, at: number) => string,
  [begun, separator, tail]: readonly [string, string, string],
  first: number,
): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let text = begun;
  for (let at = first; at < items.length; at++) {
    if (text.length > TURN_CHARS) {
      parts.push(Buffer.from(text));
      text = '';
      await turn();
    }
    text += separator + write(items[at], at);
  }
  parts.push(Buffer.from(text + tail));
  return Buffer.concat(parts);
};

/** A text of many items between a head and a tail; a long one is written in turns, as its bytes. */
export const listText = <Item>(
  items: readonly Item[],
  write: (item: Item, at: number) => string,
  [head, separator, tail]: readonly [head: string, separator: string, tail: string],
): string | Promise<Buffer> => {
  let text = head;
  for (let at = 0; at < items.length; at++) {
    if (text.length > TURN_CHARS) return inTurns(items, write, [text, separator, tail], at);
    text += at === 0 ? write(items[at], at) : separator + write(items[at], at);
  }
  return text + tail;
};
