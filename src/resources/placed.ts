import { resolve } from 'node:path';

const SQLITE = 'sqlite:';

/** The file that a SQLite URL names; undefined for any other URL. */
export const sqliteFile = (url: string): string | undefined =>
  url.startsWith(SQLITE) ? url.slice(SQLITE.length) : undefined;

/** A SQLite URL whose relative path starts from `folder`; any other URL as it is. */
export const placedUrl = (url: string, folder: string): string => {
  const file = sqliteFile(url);
  return file === undefined || file === ':memory:' ? url : `${SQLITE}${resolve(folder, file)}`;
};
