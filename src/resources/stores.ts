/** What is kept for good, all in one database: the registry, records of predictions, the ledger of batch runs. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Keys } from '../access/keys.ts';
import type { Alerts } from '../monitor/alerts/alerts.ts';

import type { OwnCounter } from '../monitor/counter.ts';

import type { LabelFeeds } from '../monitor/labels/feeds.ts';

import type { Labelling } from '../monitor/labels/labels.ts';
import type { Profiles } from '../monitor/profiles/profiles.ts';
import type { Recorder, RecorderFigures, RecorderOptions } from '../monitor/recorder.ts';
import type { Records } from '../monitor/records/records.ts';
import type { Leave } from '../monitor/scored-rows.ts';
import type { AcceptedProfiles } from '../monitor/watch/accepted.ts';
import type { Performances } from '../monitor/watch/performances.ts';
import type { Registry } from '../registry/types.ts';
import type { Rollouts } from '../serving/rollouts/rollouts.ts';
import type { Sql } from '../store/sql.ts';
import { createLeaving } from './leaving.ts';
import { once } from './once.ts';
import { sqliteFile } from './placed.ts';

export interface Watches {
  readonly alerts: Alerts;
  readonly accepted: AcceptedProfiles;
  readonly performances: Performances;
}

export interface Stores {
  /** Opened on the first call, the same one after that. @throws STORE_FAILED, BAD_PROJECT */
  registry(): Promise<Registry>;
  /** The same for looking things up: a registry that does not exist yet is empty, and is not made. */
  lookup(): Promise<Registry>;
  /** What is kept of predictions, in the registry's database; opened on the first call. @throws what `registry` throws */
  records(): Promise<Records>;
  /** What deployments were asked and have answered, counted, in the registry's database. Throws what `registry` throws. */
  profiles(): Promise<Profiles>;
  /** What came true, joined to recorded predictions, in the registry's database. Throws what `registry` throws. */
  labels(): Promise<Labelling>;
  /** How far scheduled queries of labels have read, in the registry's database. Throws what `registry` throws. */
  labelFeeds(): Promise<LabelFeeds>;
  /** Alerts, and what somebody has said to be the new normal, in the registry's database. Throws what `registry` throws. */
  watches(): Promise<Watches>;
  /** Candidates beside stable versions, in the registry's database. Throws what `registry` throws. */
  rollouts(): Promise<Rollouts>;
  /** Keys of those who call, in the registry's database. Throws what `registry` throws. */
  keys(): Promise<Keys>;
  /** True when the registry's file is there and may only be read: then nothing can be recorded, registered or promoted. */
  isReadOnly(): Promise<boolean>;
  /** True when there is a registry, or a database for one, that may be written to. */
  isWritable(): Promise<boolean>;
  /** Keeps records from now on, written by another thread; the caller closes it. @throws what `registry` throws */
  recorder(options: Omit<RecorderOptions, 'url'>): Promise<Recorder>;
  /**
   * Keeps records of such a part of what modes without callers score, all of them by one recorder that is opened on the first
   * call, and counts all of it. Undefined where the home may only be read, and where nothing is recorded and there is no registry.
   * @throws what `registry` throws
   */
  leave(share: number): Promise<Leave | undefined>;
  /** The same for a mode that counts its rows itself. @throws what `registry` throws */
  leaveRecords(share: number): Promise<Leave | undefined>;
  /**
   * Counts what is answered from now on, without recording it; the caller closes it. Undefined where there is no registry, or one that may
   * only be read. @throws BAD_PROJECT
   */
  counter(): Promise<OwnCounter | undefined>;
  /** What became of those records; undefined while there are none. */
  leaveFigures(): RecorderFigures | undefined;
  /** Where the ledger of batch runs is, in the registry's database; opened on the first call. @throws what `registry` throws */
  ledgerStore(): Promise<Sql>;
}

export interface StoresOptions {
  /** The registry's database. @throws BAD_PROJECT */
  readonly url: () => string;
  /** Where this machine keeps what is its own. */
  readonly home: string;
  readonly environments: readonly string[];
  /** Gates of an environment that a version of this model has to pass. */
  readonly gates: (environment: string, model: string) => readonly string[];
  readonly clock: () => Date;
  readonly who: string;
  /** Records are written by what processors have to spare alone. */
  readonly idleRecords: boolean;
}

const openWatches = async (sql: Sql): Promise<Watches> => {
  const [{ openAlerts }, { openAccepted }, { openPerformances }] = await Promise.all([
    import('../monitor/alerts/open.ts'),
    import('../monitor/watch/accepted.ts'),
    import('../monitor/watch/performances.ts'),
  ]);
  return { alerts: openAlerts(sql), accepted: openAccepted(sql), performances: openPerformances(sql) };
};

/** A database that is no file of this machine is taken to be there. */
const isMade = (url: string): boolean => {
  const file = sqliteFile(url);
  return file === undefined || existsSync(file);
};

export const createStores = ({
  url,
  home,
  environments,
  gates,
  clock,
  who,
  idleRecords,
}: StoresOptions): Stores & { readonly close: () => Promise<void> } => {
  const openSql = async (): Promise<Sql> => (await import('../store/sql.ts')).openSql(url());
  const openRegistry = async (at: string): Promise<Registry> => {
    const [store, { folderBlobs }, { sqlBlobs }, registry] = await Promise.all([
      import('../store/sql.ts'),
      import('../store/folder-blobs.ts'),
      import('../store/sql-blobs.ts'),
      import('../registry/registry.ts'),
    ]);
    const sql = await store.openSql(at);
    // Who opens the registry must find its packages: beside a file they are files, in a shared database they are rows.
    const file = sqliteFile(sql.place) ?? ':memory:';
    const blobs =
      file === ':memory:'
        ? sqlBlobs(sql, () => folderBlobs(join(home, 'weights')))
        : await folderBlobs(join(dirname(file), 'blobs'));
    return registry.openRegistry({ sql, blobs, environments, clock, who, gates });
  };
  const registry = once(() => openRegistry(url()));
  const none = once(async () => ({ ...(await openRegistry('sqlite::memory:')), place: url() }));
  const records = once(async () => {
    const [{ openRecords }, sql] = await Promise.all([import('../monitor/records/open.ts'), openSql()]);
    return openRecords(sql);
  });
  const ledgerStore = once(openSql);
  const isReadOnly = async (): Promise<boolean> => {
    const file = sqliteFile(url());
    return file !== undefined && (await import('../store/read-only.ts')).isReadOnly(file);
  };
  const recorder: Stores['recorder'] = async (options) => {
    return (await import('../monitor/recorder.ts')).createRecorder({ idle: idleRecords, ...options, url: url() });
  };
  const isWritable = async (): Promise<boolean> => isMade(url()) && !(await isReadOnly());
  const { close: closeLeaving, ...leaving } = createLeaving({ url, isReadOnly, isWritable, recorder });

  return {
    registry: registry.get,
    // Looked at anew each time: another process may make it.
    lookup: async () => (registry.isOpened || isMade(url()) ? registry.get() : none.get()),
    records: records.get,
    profiles: async () => (await import('../monitor/profiles/open.ts')).openProfiles(await ledgerStore.get()),
    labels: async () => (await import('../monitor/labels/open.ts')).openLabels(await ledgerStore.get()),
    labelFeeds: async () => (await import('../monitor/labels/feeds.ts')).openFeeds(await ledgerStore.get()),
    watches: async () => openWatches(await ledgerStore.get()),
    rollouts: async () => (await import('../serving/rollouts/open.ts')).openRollouts(await ledgerStore.get(), clock),
    keys: async () => (await import('../access/keys.ts')).openKeys(await ledgerStore.get(), clock),
    isReadOnly,
    isWritable,
    recorder,
    ...leaving,
    ledgerStore: ledgerStore.get,
    close: async () => {
      await closeLeaving();
      for (const one of [registry, none, records, ledgerStore]) await one.close();
    },
  };
};
