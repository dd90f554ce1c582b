/** Which process is at work: so that one that has died can be told from one that only takes long. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** When a process of this machine was started, in ticks since the machine was; undefined when there is none, or no way to know. */
const startOf = (pid: number): string | undefined => {
  try {
    // proc(5): the name of the program, in parentheses, may hold anything; the 20th field behind it is the start.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

const own = `${hostname()}/${process.pid}/${startOf(process.pid) ?? ''}`;

/** A name for one worker of this process. */
export const newOwner = (): string => `${own}/${randomBytes(4).toString('hex')}`;

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** True when the owner was a process of this machine that is no more; of other machines nothing is known. */
export const isGone = (owner: string): boolean => {
  const [host, pid, start] = owner.split('/');
  if (host !== hostname() || pid === undefined) return false;
  if (!exists(Number(pid))) return true;
  const now = startOf(Number(pid));
  // The number may have been given to another process since.
  return start !== '' && now !== undefined && now !== start;
};
