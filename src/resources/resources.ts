/** What commands and deployments need of the outside: each is opened when it is first asked for, all are closed together. */
import { join } from 'node:path';
import type { Broker } from '../brokers/broker.ts';
import type { Database } from '../databases/database.ts';
import { type Project, readProject } from '../project/project.ts';
import { parseRef } from '../registry/ref.ts';
import { once } from './once.ts';
import { createPackages, type Packages } from './packages.ts';
import { placedUrl } from './placed.ts';
import { createScorers, type Scorers } from './scorers.ts';
import { createStores, type Stores } from './stores.ts';
import { whoOf } from './who.ts';

export interface ResourceOptions {
  readonly cwd: string;
  /**
   * `MILLRACE_HOME`, `MILLRACE_REGISTRY` (a database's URL, before the project's own), `MILLRACE_WHO` (who is named in
   * histories), `MILLRACE_IDLE_RECORDS` (1: records take only what processors have to spare), and what the project's file refers to.
   */
  readonly env: NodeJS.ProcessEnv;
  /** The project's `millrace.yaml`; the nearest one upward from `cwd` unless given. */
  readonly file?: string | undefined;
  /** What the time is; the machine knows unless given. */
  readonly clock?: (() => Date) | undefined;
}

export interface Resources extends Stores, Packages, Scorers {
  /** The folder that relative paths start from, but those of the project's file. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: () => Date;
  readonly project: Project;
  /** Where state lives. */
  readonly home: string;
  readonly environments: readonly string[];
  /** Who is named in histories. */
  readonly who: string;
  /** A connection of the project, opened anew; the caller closes it. @throws BAD_PROJECT */
  database(name: string, zone?: string): Promise<Database>;
  /** The log that streams are read from and written to, the same one on every call. @throws BAD_PROJECT */
  broker(): Promise<Broker>;
  /** What a reference that moves means now; undefined for one that never moves. @throws what `Registry.resolve` throws. */
  resolve(ref: string): Promise<{ readonly version: string; readonly digest: string } | undefined>;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** @throws BAD_PROJECT or FILE_NOT_FOUND for the project's file. */
export const createResources = ({ cwd, env, file, clock = () => new Date() }: ResourceOptions): Resources => {
  const project = readProject({ cwd, env, file });
  const { home, environments, folder } = project;
  const who = whoOf(env);
  const url = (): string => {
    if (env.MILLRACE_REGISTRY) return placedUrl(env.MILLRACE_REGISTRY, cwd);
    const named = project.registry();
    return named === undefined ? `sqlite:${join(home, 'registry.db')}` : placedUrl(named, folder);
  };
  const { close: closeStores, ...stores } = createStores({
    url,
    home,
    environments,
    gates: (environment, model) => project.gates(environment, model).map(({ gate }) => gate),
    clock,
    who,
    idleRecords: env.MILLRACE_IDLE_RECORDS === '1',
  });
  const scorers = createScorers();
  const packages = createPackages({ cwd, project, lookup: stores.lookup, load: scorers.load });
  const broker = once(async () => {
    const { openBroker } = await import('../brokers/index.ts');
    return openBroker(project.stream(), { home, folder });
  });

  return {
    cwd,
    env,
    clock,
    project,
    home,
    environments,
    who,
    ...stores,
    ...packages,
    ...scorers,
    broker: broker.get,
    database: async (name, zone) => {
      const { openDatabase } = await import('../databases/index.ts');
      return openDatabase(placedUrl(project.connection(name), folder), { zone });
    },
    resolve: async (ref) => (parseRef(ref).kind === 'environment' ? (await stores.lookup()).resolve(ref) : undefined),
    close: async () => {
      await broker.close();
      await closeStores();
    },
  };
};
