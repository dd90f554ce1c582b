/** One process of a service, as the process that started it sees it. */
import { fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { MillraceError, type Problem, problemOf } from '../../core/errors.ts';
import type { FromMember, Matter, MemberPart, Start, ToMember } from './messages.ts';
import type { ServiceDoor, Told } from './places.ts';

export interface Member {
  readonly pid: number | undefined;
  /** What it has loaded. */
  readonly told: readonly Told[];
  /** Resolves when the process is gone, with the reason in words. */
  readonly gone: Promise<string>;
  /** Hands a connection over. */
  give(door: ServiceDoor, socket: Socket): void;
  /** Its part of a matter; a problem when it ends or does not answer. Never rejects. */
  ask(matter: Matter): Promise<MemberPart>;
  /** Says that it is not ready from now on, and answers as before. */
  unready(): void;
  /** Finishes what is in flight, and ends. */
  stop(): void;
  kill(): void;
}

/** From source a member is TypeScript; from a build it lies beside this file as JavaScript. */
const memberFile = new URL(`./member-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Milliseconds that a member has to tell its metrics. */
const metricsMs = 2000;

/** Resolves when the member answers requests. `raise` settles what concerns all members. @throws MillraceError */
export const startMember = async (
  start: Start,
  env: NodeJS.ProcessEnv,
  raise: (matter: Matter) => Promise<string>,
): Promise<Member> => {
  const child = fork(memberFile, [], { env, serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
  const parts = new Map<number, (part: MemberPart) => void>();
  let numbers = 0;
  const tell = (message: ToMember, socket?: Socket): void => {
    // Who cannot be told is gone, which is heard by itself.
    if (child.connected) child.send(message, socket, {}, (error) => error && socket?.destroy());
    else socket?.destroy();
  };
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });

  const ready = new Promise<readonly Told[]>((resolve, reject) => {
    void gone.then((how) => {
      const message = `A process of the service has ended (${how}) before it was ready.`;
      reject(new MillraceError({ code: 'WORKER_LOST', message, got: how }));
    });
    child.on('message', (message: FromMember) => {
      if ('ready' in message) resolve(message.ready);
      else if ('failed' in message) reject(new MillraceError(message.failed));
      else if ('part' in message) parts.get(message.part)?.(message);
      else {
        const raised = message.raise;
        raise(message.matter).then(
          (text) => tell({ raised, text }),
          (error: unknown) => tell({ raised, problem: problemOf(error) }),
        );
      }
    });
  });
  tell({ start });
  const told = await ready;

  return {
    pid: child.pid,
    told,
    gone,
    give: (door, socket) => tell({ connection: door }, socket),
    ask: (matter) =>
      new Promise((resolve) => {
        const part = ++numbers;
        const settle = (answer: MemberPart): void => {
          clearTimeout(timer);
          parts.delete(part);
          resolve(answer);
        };
        const missing = (message: string): void => {
          const problem: Problem = { code: 'UNAVAILABLE', message, expected: 'an answer of every process' };
          settle({ part, problem });
        };
        const timer = setTimeout(
          () => missing('A process of the service does not answer.'),
          // Loading takes as long as it takes.
          matter === 'metrics' ? metricsMs : 2 ** 31 - 1,
        );
        void gone.then(() => missing('A process of the service has ended meanwhile.'));
        parts.set(part, settle);
        tell({ part, matter });
      }),
    unready: () => tell({ unready: true }),
    stop: () => tell({ stop: true }),
    kill: () => void child.kill('SIGKILL'),
  };
};
