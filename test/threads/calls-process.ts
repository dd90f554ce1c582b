import { serveProcess } from '../../src/threads/serve-process.ts';
import { startWatchdog } from '../../src/threads/watchdog.ts';
import { calls } from './calls.ts';

startWatchdog();
serveProcess(calls);
