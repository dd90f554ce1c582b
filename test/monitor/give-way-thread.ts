/** A thread that gives way, and tells what the system knows of it. */
import { readFileSync } from 'node:fs';
import { giveWay, type Way } from '../../src/monitor/give-way.ts';
import { serveThread } from '../../src/threads/serve-thread.ts';

/** Niceness and policy, fields 19 and 41: proc_pid_stat(5). */
const look = (): readonly number[] => {
  const fields = readFileSync('/proc/thread-self/stat', 'utf8').split(') ')[1].split(' ');
  return [Number(fields[19 - 3]), Number(fields[41 - 3])];
};

const calls = { giveWay: (way: Way) => giveWay(way), look };
export type GiveWayCalls = typeof calls;

serveThread(calls);
