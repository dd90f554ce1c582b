import { serveThread } from '../../src/threads/serve-thread.ts';
import { calls } from './calls.ts';

serveThread(calls);
