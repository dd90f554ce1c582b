/** Several processes behind one port: started, watched, replaced when they end, asked together, and stopped in order. */
import { setTimeout as pause } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import { MillraceError, problemOf } from '../../core/errors.ts';
import { within } from '../../threads/ended.ts';
import { type Supervisor, supervise } from '../../threads/supervise.ts';
import { createControls } from './controls.ts';
import { type OpenDoors, openDoors } from './door.ts';
import { type Member, startMember } from './member.ts';
import type { ServiceCalls, Start } from './messages.ts';
import type { Listening } from './places.ts';
import { createRota } from './rota.ts';

export interface MembersOptions {
  readonly size: number;
  readonly start: Omit<Start, 'controls'>;
  readonly env: NodeJS.ProcessEnv;
  /** Told of each member that ended by itself. */
  readonly onLost: (pid: number | undefined, how: string) => void;
}

export interface Members {
  readonly listening: Listening;
  /** How many are there to answer. */
  readonly there: number;
  /** Of all of them, summed up, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Stops in order, the lame duck's time first. Milliseconds more than that, and members are killed. */
  stop(how: { readonly lameDuckMs: number; readonly patienceMs: number }): Promise<void>;
}

const BACKOFF = { firstMs: 100, mostMs: 5000, settledMs: 1000 } as const;
/** Milliseconds that members have to end when not all of them could be started. */
const GIVE_UP_MS = 1000;
/** Milliseconds that a member has to tell its metrics. */
const METRICS_MS = 2000;

/** What ends or does not answer in time has no part in the sum. */
const sumMetrics = async (members: readonly Member[]): Promise<string> => {
  const told = members.map((member) =>
    Promise.race([member.ask('metrics', []), pause(METRICS_MS, [], { ref: false })]).catch(() => []),
  );
  return AggregatorRegistry.aggregate((await Promise.all(told)) as never).metrics();
};

/** Tells all to finish, and kills those that have not within so many milliseconds. */
const end = async (members: readonly Member[], mostMs: number): Promise<void> => {
  for (const member of members) member.say('stop', []);
  await within(mostMs, Promise.all(members.map(({ gone }) => gone)), () => {
    for (const member of members) member.kill('it did not end in time');
  });
};

/** @throws what kept one of the first members from starting */
const allUp = async ({ first }: Supervisor<Member>): Promise<void> => {
  const failed = (await Promise.allSettled(first)).find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
};

/** Opens the ports and starts all members. @throws CANNOT_LISTEN; what keeps a member from starting */
export const startMembers = async ({ size, start, env, onLost }: MembersOptions): Promise<Members> => {
  const rota = createRota();
  const controls = createControls();
  const settle: ServiceCalls['raise'] = async (matter) => {
    if (matter === 'metrics') return sumMetrics(rota.members);
    await controls.apply(matter, rota.members);
    return '';
  };
  let isStopping = false;
  const begin = (): Supervisor<Member> =>
    supervise<Member>({
      size,
      backoff: BACKOFF,
      async start() {
        const given = controls.all;
        const member = await startMember({ ...start, controls: given }, env, settle);
        await controls.catchUp(member, given);
        return member;
      },
      /** It takes part now that it is as the others are. */
      onUp: (member) => (isStopping ? member.say('stop', []) : rota.join(member)),
      onGone(member, { how }) {
        rota.leave(member);
        if (!isStopping) onLost(member.pid, how);
      },
    });
  let doors: OpenDoors | undefined;
  let supervisor: Supervisor<Member> | undefined;
  const stop: Members['stop'] = async ({ lameDuckMs, patienceMs }) => {
    isStopping = true;
    void supervisor?.close();
    for (const member of rota.members) member.say('unready', []);
    await pause(lameDuckMs);
    await doors?.close();
    rota.close();
    await end([...rota.members], patienceMs);
  };

  try {
    doors = await openDoors(start.options, rota.hand);
    supervisor = begin();
    await allUp(supervisor);
    const { http, grpc, admin } = doors;
    const models = rota.members[0]?.told ?? [];
    return {
      listening: { url: `http://${http}`, grpc, admin: admin && `http://${admin}`, models },
      get there() {
        return rota.members.length;
      },
      metrics: () => sumMetrics(rota.members),
      stop,
    };
  } catch (error) {
    await stop({ lameDuckMs: 0, patienceMs: GIVE_UP_MS });
    throw error instanceof MillraceError ? error : new MillraceError(problemOf(error), { cause: error });
  }
};
