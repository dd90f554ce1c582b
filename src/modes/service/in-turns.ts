/** Writing answers of many rows in a way that leaves others their turns of the event loop. */
import { setImmediate as turn } from 'node:timers/promises';

/** Items that are written in one turn. */
const TURN_ITEMS = 1024;

const inTurns = async <Item>(
  items: readonly Item[],
  write: (item: Item, at: number) => string,
  [head, separator, tail]: readonly [string, string, string],
): Promise<Buffer> => {
  const parts = [Buffer.from(head)];
  for (let from = 0; from < items.length; from += TURN_ITEMS) {
    if (from > 0) await turn();
    const texts = items.slice(from, from + TURN_ITEMS).map((item, at) => write(item, from + at));
    parts.push(Buffer.from((from > 0 ? separator : '') + texts.join(separator)));
  }
  parts.push(Buffer.from(tail));
  return Buffer.concat(parts);
};

/** A text of many items between a head and a tail; of very many, written in turns, as its bytes. */
export const listText = <Item>(
  items: readonly Item[],
  write: (item: Item, at: number) => string,
  around: readonly [head: string, separator: string, tail: string],
): string | Promise<Buffer> => {
  if (items.length > TURN_ITEMS) return inTurns(items, write, around);
  const [head, separator, tail] = around;
  return head + items.map(write).join(separator) + tail;
};
