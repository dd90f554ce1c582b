/** Several processes behind one port: started, watched, replaced when they end, asked together, and stopped in order. */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import { MillraceError, problemOf } from '../../core/errors.ts';
import { within } from '../../threads/ended.ts';
import { type Supervisor, supervise } from '../../threads/supervise.ts';
import { type Door, openDoor } from './door.ts';
import { type Member, startMember } from './member.ts';
import type { Control, Matter, Start } from './messages.ts';
import { atDoor, type Listening, placesOf, type ServiceDoor, type Told } from './places.ts';

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
/** Connections that wait while no member is there. */
const MOST_WAITING = 1024;

/** Opens the ports and starts all members. @throws MillraceError CANNOT_LISTEN; when a member cannot start */
export const startMembers = async ({ size, start, env, onLost }: MembersOptions): Promise<Members> => {
  /** In the order in which they get the next connection. */
  const members: Member[] = [];
  const waiting: { readonly door: ServiceDoor; readonly socket: Socket }[] = [];
  /** What callers have taken out of service, so that members who come later are as the others are. */
  let controls: readonly Control[] = [];

  const hand = (door: ServiceDoor, socket: Socket): void => {
    const member = members.shift();
    if (member !== undefined) {
      members.push(member);
      member.give('connection', door, socket);
    } else if (waiting.length < MOST_WAITING) waiting.push({ door, socket });
    else socket.destroy();
  };

  const settle = async (matter: Matter): Promise<string> => {
    if (matter === 'metrics') {
      // What ends or does not answer in time has no part in the sum.
      const told = members.map((member) =>
        Promise.race([member.ask('metrics', []), pause(METRICS_MS, [], { ref: false })]).catch(() => []),
      );
      return AggregatorRegistry.aggregate((await Promise.all(told)) as never).metrics();
    }
    const outcomes = await Promise.allSettled(members.map((member) => member.ask('apply', [matter])));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    controls = remember(controls, matter);
    return '';
  };

  /** Tells a member what has been taken in and out of service while it was starting. */
  const catchUp = async (member: Member, since: readonly Control[]): Promise<void> => {
    const apply = (control: Control) => member.ask('apply', [control]).catch(() => undefined);
    for (let known = since; known !== controls; ) {
      const now = controls;
      for (const control of known) {
        if (!now.includes(control) && 'unload' in control) await apply({ load: control.unload });
      }
      for (const control of now) if (!known.includes(control)) await apply(control);
      known = now;
    }
  };

  const doors: Door[] = [];
  const places = placesOf(start.options);
  const open = async (door: ServiceDoor): Promise<string | undefined> => {
    const place = places[door];
    if (place === undefined) return undefined;
    const opening = openDoor(place, (socket) => hand(door, socket));
    const opened = await atDoor(door, opening);
    doors.push(opened);
    return opened.address;
  };
  let isStopping = false;
  const begin = (): Supervisor<Member> =>
    supervise<Member>({
      size,
      backoff: BACKOFF,
      async start() {
        const given = controls;
        const member = await startMember({ ...start, controls: given }, env, settle);
        await catchUp(member, given);
        return member;
      },
      /** It takes part now that it is as the others are. */
      onUp(member) {
        if (isStopping) return member.say('stop', []);
        members.push(member);
        for (const { door, socket } of waiting.splice(0)) hand(door, socket);
      },
      onGone(member, { how }) {
        const at = members.indexOf(member);
        if (at >= 0) members.splice(at, 1);
        if (!isStopping) onLost(member.pid, how);
      },
    });
  let supervisor: Supervisor<Member> | undefined;
  const stop: Members['stop'] = async ({ lameDuckMs, patienceMs }) => {
    isStopping = true;
    void supervisor?.close();
    for (const member of members) member.say('unready', []);
    await pause(lameDuckMs);
    await Promise.all(doors.map((door) => door.close()));
    for (const { socket } of waiting.splice(0)) socket.destroy();
    const all = [...members];
    for (const member of all) member.say('stop', []);
    await within(patienceMs, Promise.all(all.map(({ gone }) => gone)), () => {
      for (const member of all) member.kill('it did not end in time');
    });
  };

  try {
    const [http, grpc, admin] = [await open('http'), await open('grpc'), await open('admin')];
    supervisor = begin();
    const failed = (await Promise.allSettled(supervisor.first)).find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    const told: readonly Told[] = members[0]?.told ?? [];
    return {
      listening: { url: `http://${http}`, grpc, admin: admin && `http://${admin}`, models: told },
      get there() {
        return members.length;
      },
      metrics: () => settle('metrics'),
      stop,
    };
  } catch (error) {
    await stop({ lameDuckMs: 0, patienceMs: GIVE_UP_MS });
    throw error instanceof MillraceError ? error : new MillraceError(problemOf(error), { cause: error });
  }
};

/** The controls that make a new member as the others are: what is loaded again need not be taken out first. */
const remember = (controls: readonly Control[], control: Control): readonly Control[] => {
  const others = controls.filter((one) => !('unload' in one) || !same(one, control));
  return 'unload' in control ? [...others, control] : others;
};

const same = (one: Extract<Control, { unload: string }>, control: Control): boolean =>
  'load' in control ? one.unload === control.load : one.unload === control.unload && one.version === control.version;
