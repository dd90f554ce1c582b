/** Several processes behind one port: started, watched, replaced when they end, asked together, and stopped in order. */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { AggregatorRegistry } from 'prom-client';
import { fail, MillraceError, type Problem, problemOf } from '../../core/errors.ts';
import type { Control, FromMember, Matter, Start, ToMember } from './messages.ts';
import type { Listening } from './running.ts';

export interface MembersOptions {
  readonly size: number;
  readonly start: Omit<Start, 'controls'>;
  /** Told of each member that ended by itself. */
  readonly onLost: (pid: number | undefined, how: string) => void;
}

export interface Members {
  readonly listening: Listening;
  /** Milliseconds that they may take before they are killed. */
  stop(patienceMs: number): Promise<void>;
}

/** From source a member is TypeScript; from a build it lies beside this file as JavaScript. */
const memberFile = fileURLToPath(
  new URL(`./member-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Milliseconds before a member is started again that ended at once, at first and at most. */
const backoff = { first: 100, most: 5000 };
/** A member that has lived so many milliseconds did not end at once. */
const settledMs = 1000;
/** Milliseconds that a member has for its part of a matter, other than to load. */
const partMs = 2000;

/** Unlike `once`, it does not give up when the member cannot be written to. */
const exitOf = (member: Worker): Promise<{ readonly code: number | null; readonly signal: string | null }> =>
  new Promise((resolve) => member.once('exit', (code, signal) => resolve({ code, signal })));

type Part = Extract<FromMember, { part: unknown }>;

/** Starts all members. @throws MillraceError when one of them cannot start */
export const startMembers = async ({ size, start, onLost }: MembersOptions): Promise<Members> => {
  cluster.setupPrimary({ exec: memberFile, args: [], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
  // The system's own sharing leaves members idle when there are few connections.
  cluster.schedulingPolicy = cluster.SCHED_RR;

  const members = new Set<Worker>();
  /** What callers have taken out of service, so that members who come later are as the others are. */
  let controls: readonly Control[] = [];
  const parts = new Map<number, (part: Part) => void>();
  let numbers = 0;
  let stopping = false;
  const tell = (member: Worker, message: ToMember): void => {
    if (member.isConnected()) member.send(message);
  };

  const ask = (member: Worker, matter: Matter): Promise<Part> =>
    new Promise((resolve) => {
      const part = ++numbers;
      const settle = (answer: Part): void => {
        clearTimeout(timer);
        member.off('exit', gone);
        parts.delete(part);
        resolve(answer);
      };
      const missing = (message: string): void => {
        settle({ part, problem: { code: 'UNAVAILABLE', message, expected: 'an answer of every process' } });
      };
      const gone = (): void => missing('One process of the service has ended meanwhile.');
      const late = (): void => missing('One process of the service does not answer.');
      const timer = matter === 'metrics' ? setTimeout(late, partMs) : undefined;
      member.once('exit', gone);
      parts.set(part, settle);
      tell(member, { part, matter });
    });
  const settleMatter = async (matter: Matter): Promise<string> => {
    const answers = await Promise.all([...members].map((member) => ask(member, matter)));
    if (matter === 'metrics') {
      const told = answers.flatMap((answer) => ('metrics' in answer ? [answer.metrics] : []));
      return AggregatorRegistry.aggregate(told as never).metrics();
    }
    const failed = answers.find((answer) => 'problem' in answer);
    if (failed) throw new MillraceError(failed.problem);
    controls = remember(controls, matter);
    return '';
  };

  const hear = (member: Worker, message: FromMember): void => {
    if ('part' in message) parts.get(message.part)?.(message);
    if (!('raise' in message)) return;
    const raised = message.raise;
    settleMatter(message.matter).then(
      (text) => tell(member, { raised, text }),
      (error: unknown) => tell(member, { raised, problem: problemOf(error) }),
    );
  };

  /** Resolves when the member answers requests. */
  const add = async (): Promise<Listening> => {
    const member = cluster.fork();
    const began = performance.now();
    let listens = false;
    // What is written to a member that has just gone fails; that it has gone is told by its exit.
    member.on('error', () => {});
    const ended = exitOf(member).then(({ code, signal }): Problem => {
      const how = signal ?? `exit code ${code}`;
      members.delete(member);
      if (listens && !stopping) {
        onLost(member.process.pid, how);
        void replace(performance.now() - began < settledMs ? backoff.first : 0);
      }
      return { code: 'WORKER_LOST', message: `A process of the service has ended (${how}).`, got: how };
    });
    const outcome = new Promise<Listening | Problem>((resolve) => {
      member.on('message', (message: FromMember) => {
        if ('listening' in message) resolve(message.listening);
        else if ('failed' in message) resolve(message.failed);
        else hear(member, message);
      });
      void ended.then(resolve);
    });
    tell(member, { start: { ...start, controls } });
    const found = await outcome;
    if ('code' in found) throw new MillraceError(found);
    listens = true;
    members.add(member);
    return found;
  };
  const replace = async (delay: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (stopping) return;
    try {
      await add();
    } catch {
      if (!stopping) void replace(Math.min(backoff.most, Math.max(backoff.first, delay * 2)));
    }
  };

  const stop = async (patienceMs: number): Promise<void> => {
    stopping = true;
    const all = Object.values(cluster.workers ?? {}).filter((member) => member !== undefined);
    const ends = all.map((member) => (member.isDead() ? undefined : exitOf(member)));
    for (const member of all) tell(member, { stop: true });
    const timer = setTimeout(() => {
      for (const member of all) member.process.kill('SIGKILL');
    }, patienceMs);
    await Promise.all(ends);
    clearTimeout(timer);
  };

  const started = await Promise.allSettled(Array.from({ length: size }, add));
  const failed = started.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stop(settledMs);
    throw failed.reason;
  }
  const [first] = started;
  if (first?.status !== 'fulfilled') throw fail('INTERNAL', 'A service without processes was started.');
  return { listening: first.value, stop };
};

/** The controls that make a new member as the others are: what is loaded again need not be taken out first. */
const remember = (controls: readonly Control[], control: Control): readonly Control[] => {
  const others = controls.filter((one) => !('unload' in one) || !same(one, control));
  return 'unload' in control ? [...others, control] : others;
};

const same = (one: Extract<Control, { unload: string }>, control: Control): boolean =>
  'load' in control ? one.unload === control.load : one.unload === control.unload && one.version === control.version;
