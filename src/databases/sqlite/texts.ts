/**
 * Texts of SQLite that are not UTF-8, which it keeps without a look at them. node:sqlite puts U+FFFD where it cannot read on, so a
 * text that has one is read again as its bytes, out of a second run of the same query in the same transaction.
 */
import type { DatabaseSync } from 'node:sqlite';
import { NOT_UTF8, utf8Text } from '../../text/utf8.ts';

const REPLACEMENT = '\uFFFD';
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text that no field takes, and that stands for these bytes alone. */
const strayText = (bytes: Uint8Array): string => NOT_UTF8 + Buffer.from(bytes).toString('latin1');

/** The bytes of a text that is not UTF-8; undefined for any other. */
export const strayBytes = (text: string): Uint8Array | undefined =>
  text.startsWith(NOT_UTF8) ? Buffer.from(text.slice(1), 'latin1') : undefined;

const isSuspect = (value: unknown): value is string => typeof value === 'string' && value.includes(REPLACEMENT);

type Rows = readonly unknown[][];

/** What puts stray texts into rows of a query, in the place of what node:sqlite has made of them. */
export const createStrayTexts = (database: DatabaseSync, sql: string) => {
  let bytes: Iterator<unknown> | undefined;
  let next = 0;
  const open = (): Iterator<unknown> => {
    const names = database
      .prepare(sql)
      .columns()
      .map(({ name }) => `"${name.replaceAll('"', '""')}"`);
    const blobs = names.map((name) => `case typeof(${name}) when 'text' then cast(${name} as blob) end`);
    const statement = database.prepare(`select ${blobs.join(', ')} from (${sql}\n)`);
    statement.setReturnArrays(true);
    return statement.iterate() as Iterator<unknown>;
  };
  return {
    /** `first` is the number of the first of the rows, from 0; it only grows. @throws Error when the query answers otherwise now */
    putInto(rows: Rows, first: number): void {
      if (!rows.some((row) => row.some(isSuspect))) return;
      bytes ??= open();
      for (; next < first; next++) bytes.next();
      for (const row of rows) {
        const own = bytes.next().value as readonly unknown[] | undefined;
        next++;
        for (let at = 0; at < row.length; at++) {
          if (!isSuspect(row[at])) continue;
          const held = own?.[at];
          if (!(held instanceof Uint8Array) || lenient.decode(held) !== row[at]) {
            throw new Error(
              'texts that are not UTF-8 cannot be told apart, as the query answers its rows in no fixed order',
            );
          }
          if (utf8Text(held) === undefined) row[at] = strayText(held);
        }
      }
    },
    close: (): void => void bytes?.return?.(),
  };
};
