/** DuckDB as this folder uses it: in memory, on one thread, bounded, and never fetching anything. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export const MEMORY_LIMIT = '1GB';

export interface Duck {
  readonly connection: DuckDBConnection;
  close(): void;
}

export const openDuck = async (): Promise<Duck> => {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: MEMORY_LIMIT,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
};

/** SQL text of a string and of a name. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
