/** Asks a thread once, tells the answer, and forgets the thread. */
import { startThread } from '../../src/threads/start-thread.ts';
import type { TestCalls } from './calls.ts';

const thread = startThread<TestCalls>(new URL('./calls-thread.ts', import.meta.url), {
  lost: ({ how }) => new Error(how),
});
process.stdout.write(`${await thread.ask('later', [200, 'answered'])}\n`);
