import { hostname } from 'node:os';
import { fail } from '../../core/errors.ts';
import type { LogFile } from './database.ts';
import type { LaneRow, Topics } from './topics.ts';

/** A lane that a member owns. Each new owner raises the epoch, by which a late commit of an old one is known. */
export interface Claim {
  readonly lane: LaneRow;
  readonly epoch: number;
}

export interface Turn {
  /** Every lane that is this member's now. */
  readonly claims: readonly Claim[];
  /** Those of them that others are waiting for. */
  readonly surplus: ReadonlySet<number>;
}

/** One member of a group. All of it is to be called inside `write`. */
export interface Seat {
  /** Renews the lease, removes members that are gone, and takes what is free up to a fair share. */
  turn(now: number): Turn;
  /**
   * Where the group goes on in a lane. Only reads.
   *
   * @throws MillraceError FENCED when the lane has another owner.
   */
  committed(claim: Claim): number;
  /** @throws MillraceError FENCED when the lane has another owner. */
  commit(claim: Claim, position: number): void;
  /** Gives one lane back, if it is still this member's. */
  release(claim: Claim): void;
  leave(): void;
}

export interface SeatOptions {
  readonly group: string;
  readonly member: string;
  readonly topics: readonly string[];
  readonly start: 'earliest' | 'latest';
  /** How long the others wait for a member that they do not hear of, in milliseconds. */
  readonly lease: number;
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

export const createSeat = ({ database }: LogFile, topics: Topics, options: SeatOptions): Seat => {
  const { group, member, start, lease } = options;
  const subscribed = JSON.stringify(options.topics);
  const renew = database.prepare(
    `insert into members (grp, member, host, pid, lease, topics) values (?, ?, ?, ?, ?, ?)
     on conflict do update set lease = excluded.lease, topics = excluded.topics`,
  );
  const selectMembers = database.prepare('select * from members where grp = ? order by member');
  const removeMember = database.prepare('delete from members where grp = ? and member = ?');
  const selectClaims = database.prepare('select lane, member, epoch from claims where grp = ?');
  const selectCommitted = database.prepare(
    'select committed from claims where grp = ? and lane = ? and member = ? and epoch = ?',
  );
  const freeMember = database.prepare('update claims set member = null where grp = ? and member = ?');
  const freeLane = database.prepare(
    'update claims set member = null where grp = ? and lane = ? and member = ? and epoch = ?',
  );
  const claim = database.prepare(
    `insert into claims (grp, lane, member, epoch, committed) values (?, ?, ?, 1, ?)
     on conflict do update set member = excluded.member, epoch = epoch + 1 returning lane, member, epoch`,
  );
  const advance = database.prepare(
    'update claims set committed = ? where grp = ? and lane = ? and member = ? and epoch = ?',
  );

  const fenced = ({ topic, partition }: LaneRow) =>
    fail('FENCED', `${topic}/${partition} has gone to another member of ${group}`);

  const living = (now: number): readonly MemberRow[] => {
    const rows = selectMembers.all(group) as unknown as MemberRow[];
    return rows.filter((row) => {
      if (row.member === member || (row.lease >= now && !isGone(row))) return true;
      removeMember.run(group, row.member);
      freeMember.run(group, row.member);
      return false;
    });
  };

  return {
    turn: (now) => {
      renew.run(group, member, hostname(), process.pid, now + lease, subscribed);
      // Members of another set of topics (a deployment that is being changed) share nothing with this one fairly.
      const members = living(now).filter((row) => row.topics === subscribed);
      const lanes = options.topics.flatMap((topic) => topics.lanesOf(topic));
      const rows = new Map((selectClaims.all(group) as unknown as ClaimRow[]).map((row) => [row.lane, row]));

      const owned = new Map(members.map((row) => [row.member, 0]));
      for (const { id } of lanes) {
        const owner = rows.get(id)?.member;
        if (owner) owned.set(owner, (owned.get(owner) ?? 0) + 1);
      }
      const fair = Math.floor(lanes.length / members.length);
      const extra = lanes.length % members.length;
      const above = members.filter((row) => row.member !== member && (owned.get(row.member) ?? 0) > fair).length;
      const share = above < extra ? fair + 1 : fair;

      const claims: Claim[] = [];
      for (const lane of lanes) {
        const row = rows.get(lane.id);
        if (row?.member === member) claims.push({ lane, epoch: row.epoch });
      }
      for (const lane of lanes) {
        if (claims.length >= share) break;
        if (rows.get(lane.id)?.member) continue;
        const first = start === 'latest' ? lane.end : lane.start;
        const row = claim.get(group, lane.id, member, first) as unknown as ClaimRow;
        claims.push({ lane, epoch: row.epoch });
      }
      return { claims, surplus: new Set(claims.slice(share).map(({ lane }) => lane.id)) };
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
