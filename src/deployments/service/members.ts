/** Several processes behind one port: started, watched, replaced when they end, asked together, and stopped in order. */
import type { Socket } from 'node:net';
import { AggregatorRegistry } from 'prom-client';
import { MillraceError, problemOf } from '../../core/errors.ts';
import { type Door, openDoor } from './door.ts';
import { type Member, startMember } from './member.ts';
import type { Control, Matter, MemberPart, Start } from './messages.ts';
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

/** Milliseconds before a member is started again that ended at once, at first and at most. */
const backoff = { first: 100, most: 5000 };
/** A member that has lived so many milliseconds did not end at once. */
const settledMs = 1000;
/** Connections that wait while no member is there. */
const mostWaiting = 1024;

/** Opens the ports and starts all members. @throws MillraceError CANNOT_LISTEN; when a member cannot start */
export const startMembers = async ({ size, start, env, onLost }: MembersOptions): Promise<Members> => {
  /** In the order in which they get the next connection. */
  const members: Member[] = [];
  const waiting: { readonly door: ServiceDoor; readonly socket: Socket }[] = [];
  /** What callers have taken out of service, so that members who come later are as the others are. */
  let controls: readonly Control[] = [];
  let stopping = false;

  const hand = (door: ServiceDoor, socket: Socket): void => {
    const member = members.shift();
    if (member !== undefined) {
      members.push(member);
      member.give(door, socket);
    } else if (waiting.length < mostWaiting) waiting.push({ door, socket });
    else socket.destroy();
  };

  const settle = async (matter: Matter): Promise<string> => {
    const parts = await Promise.all(members.map((member) => member.ask(matter)));
    if (matter === 'metrics') {
      const told = parts.flatMap((part) => ('metrics' in part ? [part.metrics] : []));
      return AggregatorRegistry.aggregate(told as never).metrics();
    }
    const failed = parts.find((part): part is Extract<MemberPart, { problem: unknown }> => 'problem' in part);
    if (failed) throw new MillraceError(failed.problem);
    controls = remember(controls, matter);
    return '';
  };

  /** Tells a member what has been taken in and out of service while it was starting. */
  const catchUp = async (member: Member, since: readonly Control[]): Promise<void> => {
    for (let known = since; known !== controls; ) {
      const now = controls;
      for (const control of known) {
        if (!now.includes(control) && 'unload' in control) await member.ask({ load: control.unload });
      }
      for (const control of now) if (!known.includes(control)) await member.ask(control);
      known = now;
    }
  };

  /** Starts one, and lets it take part once it is as the others are. */
  const add = async (): Promise<Member> => {
    const began = performance.now();
    const given = controls;
    const member = await startMember({ ...start, controls: given }, env, settle);
    void member.gone.then((how) => {
      const at = members.indexOf(member);
      if (at >= 0) members.splice(at, 1);
      if (stopping) return;
      onLost(member.pid, how);
      void replace(performance.now() - began < settledMs ? backoff.first : 0);
    });
    await catchUp(member, given);
    members.push(member);
    for (const { door, socket } of waiting.splice(0)) hand(door, socket);
    return member;
  };
  const replace = async (delay: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (stopping) return;
    try {
      const member = await add();
      if (stopping) member.stop();
    } catch {
      if (!stopping) void replace(Math.min(backoff.most, Math.max(backoff.first, delay * 2)));
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
  const stop: Members['stop'] = async ({ lameDuckMs, patienceMs }) => {
    stopping = true;
    for (const member of members) member.unready();
    await new Promise((resolve) => setTimeout(resolve, lameDuckMs));
    await Promise.all(doors.map((door) => door.close()));
    for (const { socket } of waiting.splice(0)) socket.destroy();
    const all = [...members];
    for (const member of all) member.stop();
    const timer = setTimeout(() => {
      for (const member of all) member.kill();
    }, patienceMs);
    await Promise.all(all.map(({ gone }) => gone));
    clearTimeout(timer);
  };

  try {
    const [http, grpc, admin] = [await open('http'), await open('grpc'), await open('admin')];
    const started = await Promise.allSettled(Array.from({ length: size }, add));
    const failed = started.find((outcome) => outcome.status === 'rejected');
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
    await stop({ lameDuckMs: 0, patienceMs: settledMs });
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
