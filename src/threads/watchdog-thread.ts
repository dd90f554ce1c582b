/**
 * Watches the process that it is a thread of, and ends it: when the process that started it is gone, and when it takes
 * more memory than it may. A thread, as the event loop of a process that loops, in JavaScript or in native code, sees
 * neither.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { WATCHDOG_PIPE, type WatchedThread } from './watchdog.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 100;
/** Looks after which a process that takes too much memory is ended from here, when it has not been from outside. */
const PATIENCE = 5;

const { parent, memoryBytes } = workerData as WatchedThread;
let over = 0;

setInterval(() => {
  if (process.ppid !== parent || over > PATIENCE) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() <= memoryBytes) return;
  // Whoever started the process ends it, and so knows the reason.
  if (over === 0) writeSync(WATCHDOG_PIPE, '!');
  over++;
}, LOOK_MS);
