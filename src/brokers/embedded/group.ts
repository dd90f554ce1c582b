import { hostname } from 'node:os';
import { fail } from '../../core/errors.ts';
import { lagOf, type UnreadPartition } from '../broker.ts';
import type { LogFile } from './database.ts';
import type { LaneRow, Topics } from './topics.ts';

/** A lane that a member owns. Each new owner raises the epoch, by which a late commit of an old one is known. */
export interface LaneClaim {
  readonly lane: LaneRow;
  readonly epoch: number;
}

export interface Turn {
  /** Every lane that is this member's now. */
  readonly claims: readonly LaneClaim[];
  /** Those of them that others are waiting for. */
  readonly surplus: ReadonlySet<number>;
  /** Topics that do not exist. */
  readonly missing: readonly string[];
  /** Lanes that no member has. */
  readonly unread: readonly UnreadPartition[];
}

/** One member of a group. All of it is to be called inside `write`. */
export interface Seat {
  /** Renews the lease, removes members that are gone, and takes what is free up to a fair share. */
  turn(now: number): Turn;
  /**
   * Where the group goes on in a lane. Only reads.
   *
   * @throws FENCED when the lane has another owner.
   */
  committed(claim: LaneClaim): number;
  /** @throws FENCED when the lane has another owner. */
  commit(claim: LaneClaim, position: number): void;
  /** Gives one lane back, if it is still this member's. */
  release(claim: LaneClaim): void;
  leave(): void;
}

export interface SeatOptions {
  readonly group: string;
  readonly member: string;
  readonly topics: readonly string[];
  readonly start: 'earliest' | 'latest';
  /** How long the others wait for a member that they do not hear of. */
  readonly leaseMs: number;
}

interface MemberRow {
  readonly member: string;
  readonly host: string;
  readonly pid: number;
  readonly lease: number;
  readonly topics: string;
}
interface ClaimRow {
  readonly lane: number;
  readonly member: string | null;
  readonly epoch: number;
  readonly committed: number;
}

/** A process of this machine that is gone need not be waited for. */
const isGone = ({ host, pid }: MemberRow): boolean => {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

const unreadOf = (
  lanes: readonly LaneRow[],
  rows: ReadonlyMap<number, ClaimRow>,
  isRead: (row: ClaimRow) => boolean,
): readonly UnreadPartition[] =>
  lanes.flatMap((lane) => {
    const row = rows.get(lane.id);
    if (row && isRead(row)) return [];
    const { topic, partition } = lane;
    return [{ topic, partition, lag: lagOf({ ...lane, committed: row?.committed ?? null }) }];
  });

const SELECT_CLAIMS = 'select lane, member, epoch, committed from claims where grp = ?';
const SELECT_MEMBERS = 'select * from members where grp = ? order by member';

/** Lanes that no living member of a group has, as anybody may look at it. */
export const listUnread = (
  { database }: LogFile,
  lanes: readonly LaneRow[],
  { group, now }: { readonly group: string; readonly now: number },
): readonly UnreadPartition[] => {
  const members = database.prepare(SELECT_MEMBERS).all(group) as unknown as readonly MemberRow[];
  const living = new Set(members.filter((row) => row.lease >= now && !isGone(row)).map(({ member }) => member));
  const rows = database.prepare(SELECT_CLAIMS).all(group) as unknown as readonly ClaimRow[];
  return unreadOf(lanes, new Map(rows.map((row) => [row.lane, row])), ({ member }) => living.has(member ?? ''));
};

export const createSeat = ({ database }: LogFile, topics: Topics, options: SeatOptions): Seat => {
  const { group, member, start, leaseMs } = options;
  const subscribed = JSON.stringify(options.topics);
  const renew = database.prepare(
    `insert into members (grp, member, host, pid, lease, topics) values (?, ?, ?, ?, ?, ?)
     on conflict do update set lease = excluded.lease, topics = excluded.topics`,
  );
  const listMembers = database.prepare(SELECT_MEMBERS);
  const removeMember = database.prepare('delete from members where grp = ? and member = ?');
  const listClaims = database.prepare(SELECT_CLAIMS);
  const selectCommitted = database.prepare(
    'select committed from claims where grp = ? and lane = ? and member = ? and epoch = ?',
  );
  const freeMember = database.prepare('update claims set member = null where grp = ? and member = ?');
  const freeLane = database.prepare(
    'update claims set member = null where grp = ? and lane = ? and member = ? and epoch = ?',
  );
  const claim = database.prepare(
    `insert into claims (grp, lane, member, epoch, committed) values (?, ?, ?, 1, ?)
     on conflict do update set member = excluded.member, epoch = epoch + 1 returning lane, member, epoch, committed`,
  );
  const advance = database.prepare(
    'update claims set committed = ? where grp = ? and lane = ? and member = ? and epoch = ?',
  );

  /** Topics that did not exist when this member looked. */
  const late = new Set<string>();

  const fenced = ({ topic, partition }: LaneRow) =>
    fail('FENCED', `${topic}/${partition} has gone to another member of ${group}`);

  const living = (now: number): readonly MemberRow[] => {
    const rows = listMembers.all(group) as unknown as MemberRow[];
    return rows.filter((row) => {
      if (row.member === member || (row.lease >= now && !isGone(row))) return true;
      removeMember.run(group, row.member);
      freeMember.run(group, row.member);
      return false;
    });
  };

  return {
    turn: (now) => {
      renew.run(group, member, hostname(), process.pid, now + leaseMs, subscribed);
      // Members of another set of topics (a deployment that is being changed) share nothing with this one fairly.
      const members = living(now).filter((row) => row.topics === subscribed);
      const found = options.topics.map((topic) => [topic, topics.find(topic)] as const);
      const missing = found.flatMap(([topic, lanesOfIt]) => (lanesOfIt.length === 0 ? topic : []));
      for (const topic of missing) late.add(topic);
      const lanes = found.flatMap(([, lanesOfIt]) => lanesOfIt);
      const rows = new Map((listClaims.all(group) as unknown as ClaimRow[]).map((row) => [row.lane, row]));

      /** Whoever comes first to a topic claims all of it, so that a lane without a row was added later. */
      const known = new Set(lanes.filter(({ id }) => rows.has(id)).map(({ topic }) => topic));
      const owned = new Map(members.map((row) => [row.member, 0]));
      for (const { id } of lanes) {
        const owner = rows.get(id)?.member;
        if (owner) owned.set(owner, (owned.get(owner) ?? 0) + 1);
      }
      const fair = Math.floor(lanes.length / members.length);
      const extra = lanes.length % members.length;
      const above = members.filter((row) => row.member !== member && (owned.get(row.member) ?? 0) > fair).length;
      const share = above < extra ? fair + 1 : fair;

      const claims: LaneClaim[] = [];
      for (const lane of lanes) {
        const row = rows.get(lane.id);
        if (row?.member === member) claims.push({ lane, epoch: row.epoch });
      }
      for (const lane of lanes) {
        if (claims.length >= share) break;
        if (rows.get(lane.id)?.member) continue;
        const isAdded = known.has(lane.topic) || late.has(lane.topic);
        const first = start === 'latest' && !isAdded ? lane.end : lane.start;
        const row = claim.get(group, lane.id, member, first) as unknown as ClaimRow;
        rows.set(lane.id, row);
        claims.push({ lane, epoch: row.epoch });
      }
      const surplus = new Set(claims.slice(share).map(({ lane }) => lane.id));
      return { claims, surplus, missing, unread: unreadOf(lanes, rows, (row) => row.member !== null) };
    },
    committed: ({ lane, epoch }) => {
      const row = selectCommitted.get(group, lane.id, member, epoch);
      if (row === undefined) throw fenced(lane);
      return Number(row.committed);
    },
    commit: ({ lane, epoch }, position) => {
      if (advance.run(position, group, lane.id, member, epoch).changes === 1) return;
      throw fenced(lane);
    },
    release: ({ lane, epoch }) => {
      freeLane.run(group, lane.id, member, epoch);
    },
    leave: () => {
      freeMember.run(group, member);
      removeMember.run(group, member);
    },
  };
};
