import { type Project, readProject } from './project/project.ts';

/** Everything a command or a mode may need of the outside, made when it is first asked for. */
export interface App {
  readonly project: Project;
  /** Where state lives. */
  readonly home: string;
  readonly environments: readonly string[];
  close(): Promise<void>;
}

export interface AppOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The project's `millrace.yaml`; the nearest one upward from `cwd` unless said. */
  readonly file?: string | undefined;
}

/**
 * The composition root for Node: the one place that knows every part.
 *
 * @throws MillraceError BAD_PROJECT or FILE_NOT_FOUND for the project's file.
 */
export const createApp = ({ cwd, env, file }: AppOptions): App => {
  const project = readProject({ cwd, env, file });
  return {
    project,
    home: project.home,
    environments: project.environments,
    close: async () => {},
  };
};
