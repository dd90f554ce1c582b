import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Broker } from './brokers/broker.ts';
import { fail, MillraceError } from './core/errors.ts';
import type { Scorer } from './core/types.ts';
import type { Database } from './databases/database.ts';
import type { Batch } from './modes/batch/batch.ts';
import type { Recorder, RecorderOptions } from './monitor/recorder.ts';
import type { Records } from './monitor/records.ts';
import type { Package } from './package/layout.ts';
import type { Packed, PackOptions, ReferenceChunk } from './package/pack.ts';
import { type Project, readProject } from './project/project.ts';
import { parseRef } from './registry/ref.ts';
import type { Moved, Registry, Signed } from './registry/types.ts';
import { unknownEnvironment } from './registry/unknown.ts';
import { type RuntimeName, runtimes } from './runtimes/index.ts';
import type { Sql } from './store/sql.ts';
import type { Pool, PoolOptions } from './workers/pool.ts';
import type { ProofOptions } from './workers/proof.ts';
import type { SafeOptions } from './workers/safely.ts';

/** Everything a command or a mode may need of the outside, made when it is first asked for. */
export interface App {
  readonly project: Project;
  /** Where state lives. */
  readonly home: string;
  readonly environments: readonly string[];
  /** Opened on the first call, the same one after that. @throws MillraceError STORE_FAILED, BAD_PROJECT */
  registry(): Promise<Registry>;
  /** The same for looking things up: a registry that does not exist yet is empty, and is not made. */
  lookup(): Promise<Registry>;
  /** What is kept of predictions, in the registry's database; opened on the first call. Throws what `registry` throws. */
  records(): Promise<Records>;
  /** True when the registry's file is there and may only be read: then nothing can be recorded, registered or promoted. */
  isReadOnly(): Promise<boolean>;
  /** Keeps records from now on, written by another thread; the caller closes it. Throws what `registry` throws. */
  recorder(options: Omit<RecorderOptions, 'url'>): Promise<Recorder>;
  /** Packs a folder with a `model.yaml`; a relative one starts from `cwd`. Throws what `packFolder` throws. */
  pack(folder: string, options?: Pick<PackOptions, 'onProgress'> & ProofOptions): Promise<Packed>;
  /**
   * The package that a reference means: a folder with a `model.yaml` is packed in memory, a package file or a folder with
   * an OCI image layout is read (`path:tag` where it has several), and anything else is looked up in the registry.
   *
   * @throws MillraceError BAD_REF, FILE_NOT_FOUND, DAMAGED_PACKAGE; what `pack` and `Registry.resolve` throw.
   */
  open(ref: string): Promise<Package>;
  /** A reference that stands in the project's file, as `open` takes it: paths there start from the project's folder. */
  placedRef(ref: string): string;
  /**
   * Makes an opened package ready to score in this process, whatever it may do to that; the caller closes it.
   *
   * @throws MillraceError BAD_MODEL, BAD_TRANSFORM
   */
  load(found: Package): Promise<Scorer>;
  /**
   * As `load` for a package that is known to be safe; any other runs in processes of its own, so that what crashes, loops
   * or takes memory without end is a refused row (MODEL_FAILED), and no more. Throws what `load` and `isolate` throw.
   */
  loadSafely(found: Package, options?: SafeOptions): Promise<Scorer>;
  /**
   * Proves a package in a process of its own, with limits of time and memory, also one that is known to be safe.
   *
   * @throws MillraceError BAD_MODEL with what it did to its process, EXAMPLE_OFF, BAD_TRANSFORM
   */
  prove(found: Package, options?: ProofOptions): Promise<void>;
  /**
   * Lets an environment point at what a reference to the registry means, once that is proven or known to be safe:
   * whatever follows the environment loads it at once. `Registry.promote` alone proves nothing.
   *
   * @throws MillraceError UNKNOWN_ENVIRONMENT; what `prove`, `Registry.resolve` and `Registry.promote` throw
   */
  promote(ref: string, move: Promotion): Promise<Moved>;
  /** As `load`, in processes of its own. @throws MillraceError BAD_MODEL, BAD_TRANSFORM, WORKER_LOST */
  isolate(options: PoolOptions): Promise<Pool>;
  /** The package that a reference means, made ready by `loadSafely`; the caller closes it. Throws what both throw. */
  scorer(ref: string, options?: SafeOptions): Promise<Scorer>;
  /** A connection of the project, opened anew; the caller closes it. @throws MillraceError BAD_PROJECT */
  database(name: string, zone?: string): Promise<Database>;
  /** The log that streams are read from and written to, the same one on every call. @throws MillraceError BAD_PROJECT */
  broker(): Promise<Broker>;
  /** Batch deployments of the project; opened on the first call. Throws what `registry` throws. */
  batch(): Promise<Batch>;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** Where a version is promoted to, by whom and why, and what its proof may take. */
export interface Promotion extends Signed, ProofOptions {
  readonly to: string;
}

export interface AppOptions {
  readonly cwd: string;
  /**
   * `MILLRACE_HOME`, `MILLRACE_REGISTRY` (a database's URL, before the project's own), `MILLRACE_WHO` (who is named in
   * histories), and what the project's file refers to.
   */
  readonly env: NodeJS.ProcessEnv;
  /** The project's `millrace.yaml`; the nearest one upward from `cwd` unless said. */
  readonly file?: string | undefined;
  /** What the time is; the machine knows unless said. */
  readonly clock?: (() => Date) | undefined;
}

/** The runtime that a package names. */
const openerOf = async ({ manifest: { name, version, runtime } }: Package) => {
  if (Object.hasOwn(runtimes, runtime)) return runtimes[runtime as RuntimeName]();
  throw fail('BAD_MODEL', `${name}@${version} needs the runtime ${runtime}, which this version of Millrace lacks`, {
    expected: `one of ${Object.keys(runtimes).join(', ')}`,
    got: runtime,
  });
};

/** A file of any format that `files` reads; each of its rows must be readable. */
async function* readReference(path: string): AsyncGenerator<ReferenceChunk> {
  const { formatOf, readTable } = await import('./files/index.ts');
  const coerce = formatOf(path) === 'csv';
  for await (const { columns, rejects } of readTable(path)) {
    const [reject] = rejects;
    if (reject) {
      const { code: _, message, ...details } = reject.problem;
      throw fail('BAD_REFERENCE', `${path}, row ${reject.row}: ${message}`, details);
    }
    yield { columns, coerce };
  }
}

/** A path, and the tag behind it that tells which model of a layout is meant; a file that has a colon in its name is that. */
const taggedPath = (path: string): { readonly path: string; readonly tag?: string } => {
  const [, before, tag] = /^(.+):(\w[\w.-]{0,127})$/.exec(path) ?? [];
  return before === undefined || existsSync(path) || !existsSync(before) ? { path } : { path: before, tag };
};

const isFolder = async (path: string, given: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw fail('FILE_NOT_FOUND', `There is no ${given}`, {
      expected: 'a folder with model.yaml, or a package file',
      got: given,
      cause,
    });
  }
};

const whoOf = (env: NodeJS.ProcessEnv): string => {
  if (env.MILLRACE_WHO) return env.MILLRACE_WHO;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
};

/** A SQLite URL whose relative path starts from `folder`; any other URL as it is. */
const placed = (url: string, folder: string): string =>
  url.startsWith('sqlite:') && url !== 'sqlite::memory:'
    ? `sqlite:${resolve(folder, url.slice('sqlite:'.length))}`
    : url;

/**
 * The composition root for Node: the one place that knows every part.
 *
 * @throws MillraceError BAD_PROJECT or FILE_NOT_FOUND for the project's file.
 */
export const createApp = ({ cwd, env, file, clock = () => new Date() }: AppOptions): App => {
  const project = readProject({ cwd, env, file });
  const { home, environments } = project;

  const registryUrl = (): string => {
    if (env.MILLRACE_REGISTRY) return placed(env.MILLRACE_REGISTRY, cwd);
    const named = project.registry();
    return named === undefined ? `sqlite:${join(home, 'registry.db')}` : placed(named, project.folder);
  };

  const openRegistry = async (url: string): Promise<Registry> => {
    const [{ openSql }, { folderBlobs }, { sqlBlobs }, registry] = await Promise.all([
      import('./store/sql.ts'),
      import('./store/folder-blobs.ts'),
      import('./store/sql-blobs.ts'),
      import('./registry/registry.ts'),
    ]);
    const sql = await openSql(url);
    // Who opens the registry must find its packages: beside a file they are files, in a shared database they are rows.
    const file = sql.kind === 'sqlite' ? sql.place.slice('sqlite:'.length) : ':memory:';
    const blobs = file === ':memory:' ? sqlBlobs(sql) : await folderBlobs(join(dirname(file), 'blobs'));
    return registry.openRegistry({ sql, blobs, environments, clock, who: whoOf(env) });
  };

  let opened: Promise<Registry> | undefined;
  const registry: App['registry'] = () => {
    opened ??= openRegistry(registryUrl());
    return opened;
  };

  /** A database that is no file of this machine is taken to be there. */
  const isMade = (url: string): boolean => !url.startsWith('sqlite:') || existsSync(url.slice('sqlite:'.length));
  let none: Promise<Registry> | undefined;
  const lookup: App['lookup'] = async () => {
    // Looked at anew each time: another process may make it.
    if (opened || isMade(registryUrl())) return registry();
    none ??= openRegistry('sqlite::memory:').then((empty) => ({ ...empty, place: registryUrl() }));
    return none;
  };

  let streams: Promise<Broker> | undefined;
  const broker: App['broker'] = () => {
    streams ??= import('./brokers/index.ts').then(({ openBroker }) =>
      openBroker(project.stream(), { home, folder: project.folder }),
    );
    return streams;
  };

  let openedRecords: Promise<Records> | undefined;
  const openRecords = async (): Promise<Records> => {
    const [{ openSql }, records] = await Promise.all([import('./store/sql.ts'), import('./monitor/records.ts')]);
    return records.openRecords(await openSql(registryUrl()));
  };

  const database: App['database'] = async (name, zone) => {
    const { openDatabase } = await import('./databases/index.ts');
    return openDatabase(placed(project.connection(name), project.folder), { zone });
  };

  let ledger: Promise<Sql> | undefined;
  const openBatch = async (): Promise<Batch> => {
    const [{ createBatch }, { readDeployment }, { openSql }] = await Promise.all([
      import('./modes/batch/batch.ts'),
      import('./modes/batch/deployment.ts'),
      import('./store/sql.ts'),
    ]);
    const { folder } = project;
    return createBatch({
      folder,
      home,
      who: whoOf(env),
      env,
      clock,
      names: project.namesIn('batch'),
      deployment: (name) => readDeployment(name, project.deploymentIn('batch', name)),
      store: () => {
        ledger ??= openSql(registryUrl());
        return ledger;
      },
      database,
      open: (ref) => open(placedRef(ref)),
      load: loadSafely,
    });
  };
  let openedBatch: Promise<Batch> | undefined;

  const pack: App['pack'] = async (folder, { onProgress, ...limits } = {}) => {
    const [{ packFolder }, { loadProven }] = await Promise.all([
      import('./package/pack.ts'),
      import('./workers/safely.ts'),
    ]);
    const loadDraft = (draft: Package) => loadProven(draft, load, limits);
    return packFolder(resolve(cwd, folder), { onProgress, load: loadDraft, readReference });
  };

  const openPath = async (given: string): Promise<Package> => {
    const { path, tag } = taggedPath(resolve(cwd, given));
    if (!(await isFolder(path, given))) {
      const { openPackage } = await import('./package/open.ts');
      return openPackage(await readFile(path), tag);
    }
    if (!existsSync(join(path, 'oci-layout'))) return (await pack(path)).package;
    const [{ readLayoutFolder }, { openLayout }] = await Promise.all([
      import('./package/layout-folder.ts'),
      import('./package/layout.ts'),
    ]);
    return openLayout(await readLayoutFolder(path), tag);
  };

  const openRegistered = async (ref: string): Promise<Package> => {
    const { blobs, find } = await lookup();
    const { digest, blobs: digests } = await find(ref);
    const bytes = await Promise.all(digests.map(async (blob) => [blob, await blobs.get(blob)] as const));
    const { openBlobs } = await import('./package/layout.ts');
    return openBlobs(digest, new Map(bytes));
  };

  const open: App['open'] = async (ref) => {
    const parsed = parseRef(ref);
    if (parsed.kind === 'path') return openPath(parsed.path);
    try {
      return await openRegistered(ref);
    } catch (error) {
      const mayBePath = error instanceof MillraceError && error.code === 'UNKNOWN_MODEL' && parsed.kind === 'latest';
      if (!mayBePath || !existsSync(resolve(cwd, ref))) throw error;
      throw fail('UNKNOWN_MODEL', `${error.message}; for the path write ./${ref}`, {
        expected: error.problem.expected ?? 'a registered model',
        got: ref,
        cause: error,
      });
    }
  };

  const placedRef = (ref: string): string => (parseRef(ref).kind === 'path' ? resolve(project.folder, ref) : ref);

  const load: App['load'] = async (found) => {
    const [opener, { loadScorer }] = await Promise.all([openerOf(found), import('./package/open.ts')]);
    return loadScorer(found, opener);
  };

  const isolate: App['isolate'] = async (options) => {
    await openerOf(options.found);
    const { createPool } = await import('./workers/pool.ts');
    return createPool(options);
  };
  const loadSafely: App['loadSafely'] = async (found, options) => {
    await openerOf(found);
    return (await import('./workers/safely.ts')).loadSafely(found, load, options);
  };

  const prove: App['prove'] = async (found, options) => {
    await openerOf(found);
    await (await import('./workers/safely.ts')).prove(found, options);
  };

  const promote: App['promote'] = async (ref, { to, why, who, ...limits }) => {
    const registry = await lookup();
    const { name, version, digest } = await registry.resolve(ref);
    if (!environments.includes(to)) throw unknownEnvironment(to, environments);
    const found = await openRegistered(`${name}@${digest}`);
    const { riskOf } = await import('./package/risk.ts');
    // One that is known to be safe is proven by whatever it is put to work in.
    if (riskOf(found) !== undefined) await prove(found, limits);
    return registry.promote({ name, version, to, why, who });
  };

  return {
    project,
    home,
    environments,
    registry,
    lookup,
    records: () => {
      openedRecords ??= openRecords();
      return openedRecords;
    },
    isReadOnly: async () => {
      const url = registryUrl();
      if (!url.startsWith('sqlite:')) return false;
      return (await import('./store/read-only.ts')).isReadOnly(url.slice('sqlite:'.length));
    },
    recorder: async (options) => {
      const { createRecorder } = await import('./monitor/recorder.ts');
      return createRecorder({ idle: env.MILLRACE_IDLE_RECORDS === '1', ...options, url: registryUrl() });
    },
    pack,
    open,
    placedRef,
    load,
    loadSafely,
    prove,
    promote,
    isolate,
    scorer: async (ref, options) => loadSafely(await open(ref), options),
    broker,
    database,
    batch: () => {
      openedBatch ??= openBatch();
      return openedBatch;
    },
    close: async () => {
      await (await streams?.catch(() => undefined))?.close();
      for (const opening of [opened, none]) await (await opening?.catch(() => undefined))?.close();
      const records = await openedRecords?.catch(() => undefined);
      await records?.close();
      await (await ledger?.catch(() => undefined))?.close();
    },
  };
};
