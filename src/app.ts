import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Project, readProject } from './project/project.ts';
import type { Registry } from './registry/types.ts';

/** Everything a command or a mode may need of the outside, made when it is first asked for. */
export interface App {
  readonly project: Project;
  /** Where state lives. */
  readonly home: string;
  readonly environments: readonly string[];
  /** Opened on the first call, the same one after that. @throws MillraceError STORE_FAILED, BAD_PROJECT */
  registry(): Promise<Registry>;
  /** Closes what was opened. */
  close(): Promise<void>;
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
}

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
export const createApp = ({ cwd, env, file }: AppOptions): App => {
  const project = readProject({ cwd, env, file });
  const { home, environments } = project;

  const registryUrl = (): string => {
    if (env.MILLRACE_REGISTRY) return placed(env.MILLRACE_REGISTRY, cwd);
    const named = project.registry();
    return named === undefined ? `sqlite:${join(home, 'registry.db')}` : placed(named, project.folder);
  };

  const openRegistry = async (): Promise<Registry> => {
    const [{ openSql }, { folderBlobs }, { sqlBlobs }, registry] = await Promise.all([
      import('./store/sql.ts'),
      import('./store/folder-blobs.ts'),
      import('./store/sql-blobs.ts'),
      import('./registry/registry.ts'),
    ]);
    const sql = await openSql(registryUrl());
    // Who opens the registry must find its packages: beside a file they are files, in a shared database they are rows.
    const file = sql.kind === 'sqlite' ? sql.place.slice('sqlite:'.length) : ':memory:';
    const blobs = file === ':memory:' ? sqlBlobs(sql) : await folderBlobs(join(dirname(file), 'blobs'));
    return registry.openRegistry({ sql, blobs, environments, clock: () => new Date(), who: whoOf(env) });
  };

  let registry: Promise<Registry> | undefined;
  return {
    project,
    home,
    environments,
    registry: () => {
      registry ??= openRegistry();
      return registry;
    },
    close: async () => {
      const opened = await registry?.catch(() => undefined);
      await opened?.close();
    },
  };
};
