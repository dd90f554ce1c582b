import type { AssignedPartition } from '../broker.ts';
import { type Lane, type LaneOptions, type OpenedPartition, runLane } from '../lane.ts';
import type { LaneClaim, Turn } from './group.ts';

/** The lanes of a member, each for as long as its claim is good. */
export interface ClaimedLanes {
  /** Those at work. */
  readonly partitions: readonly AssignedPartition[];
  /** Begins what was claimed, and stops what was lost or is wanted by others. */
  share(turn: Pick<Turn, 'claims' | 'surplus'>): void;
  /** Stops all. Resolves when nothing of them is left. */
  close(): Promise<void>;
}

export interface ClaimedLanesOptions extends Pick<LaneOptions, 'work' | 'onTrouble'> {
  readonly open: (claim: LaneClaim, signal: AbortSignal) => Promise<OpenedPartition>;
  /** Gives back the claim of a lane that has stopped. */
  readonly release: (claim: LaneClaim) => Promise<void>;
}

export const createClaimedLanes = ({ open, release, work, onTrouble }: ClaimedLanesOptions): ClaimedLanes => {
  const held = new Map<number, { readonly lane: Lane; readonly claim: LaneClaim }>();
  const end = (id: number, { lane, claim }: { readonly lane: Lane; readonly claim: LaneClaim }): void => {
    lane.stop();
    lane.done
      .then(() => release(claim))
      .catch(onTrouble)
      .finally(() => held.delete(id));
  };
  return {
    get partitions() {
      return [...held.values()].flatMap(({ lane }) => lane.partition ?? []);
    },
    share: ({ claims, surplus }) => {
      const mine = new Map(claims.map((claim) => [claim.lane.id, claim]));
      for (const [id, one] of held) {
        const isLost = mine.get(id)?.epoch !== one.claim.epoch;
        if ((isLost || surplus.has(id)) && !one.lane.stopped) end(id, one);
      }
      for (const [id, claim] of mine) {
        if (held.has(id) || surplus.has(id)) continue;
        held.set(id, { claim, lane: runLane({ open: (signal) => open(claim, signal), work, onTrouble }) });
      }
    },
    close: async () => {
      const lanes = [...held.values()].map(({ lane }) => lane);
      for (const lane of lanes) lane.stop();
      await Promise.all(lanes.map(({ done }) => done));
    },
  };
};
