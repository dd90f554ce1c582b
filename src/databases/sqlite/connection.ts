/** The one connection to a file, in its thread: whoever wants a transaction waits for those before. */
import { resolve } from 'node:path';
import { beside } from '../../threads/ended.ts';
import { startThread, type Thread } from '../../threads/start-thread.ts';
import type { Database, Session } from '../database.ts';
import { placeFailure } from '../failures.ts';
import { sqliteFailures } from './failures.ts';
import type { SqliteCalls } from './thread.ts';

/** How long a statement waits for other processes to release the file. */
const PATIENCE_MS = 20_000;

export interface Connection extends Pick<Thread<SqliteCalls>, 'ask' | 'close'> {
  readonly session: Session;
  readonly transaction: Database['transaction'];
}

/** Connects to a file when it is first needed; `place` is what it is called in messages. */
export const connect = (path: string, place: string): Connection => {
  const told = (error: Error): Error => placeFailure(place, error, sqliteFailures);
  const thread = startThread<SqliteCalls>(beside('./thread', import.meta.url), {
    told,
    lost: ({ error }) => told(error ?? new Error('the thread of this database has ended')),
  });
  const { ask } = thread;
  thread.say('use', [path === ':memory:' ? path : resolve(path), PATIENCE_MS]);
  const session: Session = {
    query: (sql, values = []) => ask('all', [sql, values]),
    run: (sql, values = []) => ask('run', [sql, values]),
  };
  let inLine: Promise<unknown> = Promise.resolve();
  return {
    ask,
    close: () => thread.close(),
    session,
    transaction(work) {
      const result = inLine.then(async () => {
        await ask('begin', []);
        try {
          const answer = await work(session);
          await ask('end', ['commit']);
          return answer;
        } catch (error) {
          await ask('end', ['rollback']).catch(() => {});
          throw error;
        }
      });
      inLine = result.catch(() => {});
      return result;
    },
  };
};
