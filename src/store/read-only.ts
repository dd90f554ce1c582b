/**
 * A SQLite file that may not be written to, such as a home on a read-only mount. A log beside it (`-wal`) is read as far as
 * SQLite can; without one the file is read as it is (`immutable`), and opened anew when somebody else has written to it.
 * https://www.sqlite.org/wal.html#read_only_databases, https://www.sqlite.org/uri.html#uriimmutable
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { fail } from '../core/errors.ts';

const mayWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** True for a file that is there and cannot be written to, or whose folder cannot have a log beside it. */
export const isReadOnly = (path: string): boolean =>
  path !== ':memory:' && existsSync(path) && !(mayWrite(path) && mayWrite(dirname(path)));

/** What changes when anybody writes. */
const stateOf = (path: string): string =>
  [path, `${path}-wal`]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((found) => (found && found.size > 0 ? `${found.ino}/${found.size}/${found.mtimeMs}` : '-'))
    .join(' ');

const hasLog = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

const open = (path: string, place: string): DatabaseSync => {
  const url = pathToFileURL(path);
  if (!hasLog(path)) {
    url.searchParams.set('immutable', '1');
    return new DatabaseSync(url, { readOnly: true });
  }
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    database.exec('select 1 from sqlite_schema');
    return database;
  } catch (cause) {
    database.close();
    throw fail('READ_ONLY', `${place} has a log beside it (-wal), which cannot be read without writing`, {
      expected: 'a home that was closed before it became read-only, or one that may be written to',
      got: 'a log that is not empty',
      cause,
    });
  }
};

export interface ReadOnlyDatabase {
  /** As the file is now. @throws MillraceError READ_ONLY when it cannot be read without writing. */
  current(): DatabaseSync;
  close(): void;
}

export const openReadOnly = (path: string, place: string): ReadOnlyDatabase => {
  let state = stateOf(path);
  let database = open(path, place);
  return {
    current() {
      const now = stateOf(path);
      if (now !== state && !database.isTransaction) {
        const fresh = open(path, place);
        database.close();
        database = fresh;
        state = now;
      }
      return database;
    },
    close: () => database.close(),
  };
};
