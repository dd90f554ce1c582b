/** Writes records down, in a thread of its own: what it does with the database holds up nobody's answer. */
import { fail, type Problem, problemOf } from '../core/errors.ts';
import { isAway } from '../store/away.ts';
import { openSql } from '../store/sql.ts';
import { createTurns, serveThread } from '../threads/serve-thread.ts';
import { moved } from '../threads/wire.ts';
import { type KnownModel, predictionsOf } from './answered.ts';
import { giveWay, type Way } from './give-way.ts';
import type { MinuteProfile } from './minutes.ts';
import { type Parcel, type ParcelPiece, unpack } from './parcel.ts';
import { openProfiles } from './profiles/open.ts';
import type { Profiles, SpanProfile } from './profiles/profiles.ts';
import { openRecords } from './records/open.ts';
import type { Prediction, Records } from './records/records.ts';

interface Keep {
  readonly days: number;
  readonly most: number;
}

export interface RecorderData {
  /** The store, as `openSql` takes it. */
  readonly url: string;
  /** How long and how many records are kept; all of them where it is not said. */
  readonly keep?: Keep | undefined;
  /** How it gives way to what answers. */
  readonly way: Way;
}

/** What became of a parcel, whose pieces come back: rows written, and rows that the store refused. */
export type Written =
  | {
      readonly pieces: readonly ParcelPiece[];
      readonly written: number;
      readonly refused: number;
      readonly problem?: Problem;
    }
  /** The store is away: nothing of the parcel is written. */
  | { readonly pieces: readonly ParcelPiece[]; readonly problem: Problem };

const DAY_MS = 86_400_000;
/** Between two looks at what need not be kept any more. */
const PRUNE_EVERY_MS = 60_000;

let opened: Records | undefined;
let profiles: Profiles | undefined;
let models: readonly KnownModel[] = [];

interface Appended {
  readonly refused: number;
  /** Why, for the last of them. */
  readonly problem?: Problem;
}
/** A row that the store refuses keeps no other away. @throws MillraceError when the store is away */
const appendAll = async (records: Records, predictions: readonly Prediction[]): Promise<Appended> => {
  try {
    await records.append(predictions);
    return { refused: 0 };
  } catch (error) {
    if (isAway(error)) throw error;
    if (predictions.length === 1) return { refused: 1, problem: problemOf(error) };
    const middle = predictions.length >> 1;
    const first = await appendAll(records, predictions.slice(0, middle));
    const second = await appendAll(records, predictions.slice(middle));
    return { ...first, ...second, refused: first.refused + second.refused };
  }
};

const write = async (parcel: Parcel): Promise<Written> => {
  const { pieces, rows } = parcel;
  try {
    const predictions: Prediction[] = [];
    for (const entry of unpack(parcel)) predictions.push(...predictionsOf(entry, models[entry.model]));
    const { refused, problem } = await appendAll(records(), predictions);
    return { pieces, written: rows - refused, refused, ...(problem && { problem }) };
  } catch (error) {
    const problem = problemOf(error);
    return isAway(error) ? { pieces, problem } : { pieces, written: 0, refused: rows, problem };
  }
};

const spanOf = ({ model, at, ...counted }: MinuteProfile): SpanProfile => {
  const { deployment, name, version, digest, variant } = models[model];
  return { deployment, model: name, version, digest, variant, at: new Date(at).toISOString(), ...counted };
};

const records = (): Records => {
  if (opened === undefined) throw fail('INTERNAL', 'A record was written before there was a database for it.');
  return opened;
};

/** What a caller may hear: of a database that fails, not which one, where, and how. */
const forCaller = async <Found>(asked: Promise<Found>): Promise<Found> => {
  try {
    return await asked;
  } catch (error) {
    if (!/^(?:STORE_FAILED|DISK_FULL|READ_ONLY)$/.test(problemOf(error).code)) throw error;
    throw fail('STORE_FAILED', 'The database of the records does not answer as it should; try again a little later.');
  }
};

/** One thing at a time, in the order in which it was asked for. */
const inTurn = createTurns();

/** A failure is met, and told, by the next write. */
const removeOld = ({ days, most }: Keep): Promise<number> =>
  records()
    .prune({ before: new Date(Date.now() - days * DAY_MS), most })
    .catch(() => 0);
const prune = async (keep: Keep | undefined): Promise<void> => {
  const removed = keep === undefined ? 0 : await removeOld(keep);
  const isMore = await profiles?.age(new Date()).catch(() => false);
  if (removed > 0 || isMore) void inTurn(() => prune(keep));
};
let pruning: NodeJS.Timeout | undefined;

const calls = {
  /** Resolves to the thread, as `hurry` takes it, where that is of use. @throws MillraceError STORE_FAILED */
  async open({ url, keep, way }: RecorderData): Promise<string | undefined> {
    const sql = await openSql(url);
    opened = openRecords(sql);
    profiles = openProfiles(sql);
    pruning = setInterval(() => void inTurn(() => prune(keep)), PRUNE_EVERY_MS);
    void inTurn(() => prune(keep));
    return giveWay(way);
  },
  models(known: readonly KnownModel[]): void {
    models = known;
  },
  async write(parcel: Parcel): Promise<Written> {
    const written = await inTurn(() => write(parcel));
    return moved(
      written,
      written.pieces.map(({ buffer }) => buffer),
    );
  },
  /** Adds minutes to what is kept of them. @throws MillraceError STORE_FAILED */
  async minutes(counted: readonly MinuteProfile[]): Promise<void> {
    await inTurn(() => profiles?.add(counted.map(spanOf)));
  },
  find: (id: string) => forCaller(records().find(id)),
  label: (id: string, truth: unknown) => forCaller(inTurn(() => records().label(id, truth, new Date()))),
  close: (): Promise<void> => {
    clearInterval(pruning);
    return inTurn(() =>
      records()
        .close()
        .catch(() => undefined),
    );
  },
};
export type RecorderCalls = typeof calls;

serveThread(calls);
