import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fail } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import type { ChannelSettings } from './channels.ts';
import type { BatchSettings } from './deployments/batch.ts';
import type { DecideSettings } from './deployments/decide.ts';
import type { EdgeSettings } from './deployments/edge.ts';
import type { ServiceSettings } from './deployments/service.ts';
import type { StreamSettings } from './deployments/stream.ts';
import { environmentsOf, type GivenEnvironments, gatesOf, type PlannedGate } from './environments.ts';
import { interpolate } from './interpolate.ts';
import type { LineageSettings } from './openlineage.ts';
import { projectSchema } from './project-schema.ts';

/** One line of `deployments`: what it may say is its mode's own. */
export type Deployment = ServiceSettings | BatchSettings | StreamSettings | DecideSettings | EdgeSettings;

export type Mode = Deployment['mode'];

export type DeploymentIn<M extends Mode> = Extract<Deployment, { readonly mode: M }>;

/**
 * A `millrace.yaml`, read and checked; without one, the defaults. Environment variables are filled in only when the
 * part that names them is asked for, so that no command needs a secret that it does not use.
 */
export interface Project {
  /** The `millrace.yaml`, or undefined when there is none. */
  readonly file: string | undefined;
  /** The folder that paths in the project start from. */
  readonly folder: string;
  /** Where state lives: the registry, the packages. */
  readonly home: string;
  /** In the order in which a version goes through them. */
  readonly environments: readonly string[];
  readonly connectionNames: readonly string[];
  readonly channelNames: readonly string[];
  readonly deploymentNames: readonly string[];
  /** The registry's URL, when one is named. */
  registry(): string | undefined;
  stream(): string;
  /** What is asked before a version of this model comes into the environment, in order. @throws BAD_PROJECT for a variable. */
  gates(environment: string, model: string): readonly PlannedGate[];
  /** @throws BAD_PROJECT when there is no connection of this name. */
  connection(name: string): string;
  /** @throws BAD_PROJECT when there is no channel of this name. */
  channel(name: string): ChannelSettings;
  /** Files of the public keys of those who may sign packages, by name. */
  trust(): Readonly<Record<string, string>>;
  /** Who is told what batch runs read and write; undefined where nobody is. */
  openlineage(): LineageSettings | undefined;
  /** @throws BAD_PROJECT when there is no deployment of this name. */
  deployment(name: string): Deployment;
  /** @throws BAD_PROJECT when there is no deployment of this name, or it is of another mode. */
  deploymentIn<M extends Mode>(mode: M, name: string): DeploymentIn<M>;
  /** Without filling in any variable. @throws BAD_PROJECT when there is no deployment of this name. */
  mode(name: string): Mode;
  /** The names of the deployments in one mode, in the order of the file. */
  namesIn(mode: Mode): readonly string[];
}

interface ProjectFile {
  readonly environments?: GivenEnvironments;
  readonly trust?: Readonly<Record<string, string>>;
  readonly registry?: string;
  readonly connections?: Readonly<Record<string, string>>;
  readonly stream?: string;
  readonly channels?: Readonly<Record<string, ChannelSettings>>;
  readonly openlineage?: string | LineageSettings;
  readonly deployments?: Readonly<Record<string, Deployment>>;
}

const isIn = <M extends Mode>(mode: M, deployment: Deployment): deployment is DeploymentIn<M> =>
  deployment.mode === mode;

/** What is named in a project. */
type Section = 'connections' | 'channels' | 'deployments';

const FILE_NAME = 'millrace.yaml';

/** The nearest `millrace.yaml` in `folder` or above it. */
const nearestFile = (folder: string): string | undefined => {
  const file = join(folder, FILE_NAME);
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : nearestFile(above);
};

/** The file that a person means by its name or by that of its folder. */
const fileAt = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, FILE_NAME) : path;

const textOf = (file: string, given: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fail('FILE_NOT_FOUND', `${given} cannot be read`, {
      expected: 'a project file (millrace.yaml)',
      got: given,
      cause,
    });
  }
};

/** The name that a person in `cwd` would use for a file. */
const nameFrom = (cwd: string, file: string): string => {
  const name = relative(cwd, file);
  return name === '' || name.startsWith(join('..', '..', '..')) ? file : name;
};

/** Undefined for an address that is empty. */
const lineageOf = (given: string | LineageSettings): LineageSettings | undefined => {
  const settings = typeof given === 'string' ? { url: given } : given;
  return settings.url === '' ? undefined : settings;
};

export interface ProjectOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Names the project's file or its folder; without it, the nearest `millrace.yaml` upward from `cwd` counts. */
  readonly file?: string | undefined;
}

/**
 * Finds and reads the project.
 *
 * @throws FILE_NOT_FOUND when `file` is given and does not exist; BAD_PROJECT, with line and column, when
 * the file is not as `projectSchema` wants it.
 */
export const readProject = ({ cwd, env, file: given }: ProjectOptions): Project => {
  const file = given === undefined ? nearestFile(cwd) : fileAt(resolve(cwd, given));
  const folder = file === undefined ? cwd : dirname(file);
  const stateIn = file === undefined ? (env.HOME ?? homedir()) : folder;
  const home = env.MILLRACE_HOME ? resolve(cwd, env.MILLRACE_HOME) : join(stateIn, '.millrace');

  const { data, at } =
    file === undefined
      ? { data: {} as ProjectFile, at: () => FILE_NAME }
      : readYaml<ProjectFile>(textOf(file, nameFrom(cwd, file)), {
          file: nameFrom(cwd, file),
          schema: projectSchema,
          code: 'BAD_PROJECT',
        });
  const filled = <T>(value: T, ...path: readonly string[]): T =>
    interpolate(value, env, (inner) => at([...path, ...inner]));

  const raw = <T>(section: Section, name: string): T => {
    const entries = (data[section] ?? {}) as Readonly<Record<string, T>>;
    const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (entry === undefined) {
      const names = Object.keys(entries);
      const meant = nearest(name, names);
      const what = section.slice(0, -1);
      const hint = meant === undefined ? '' : `, did you mean '${meant}'?`;
      throw fail('BAD_PROJECT', `the project has no ${what} '${name}'${hint}`, {
        expected: names.length === 0 ? `a ${what} in ${FILE_NAME}` : `one of ${names.join(', ')}`,
        got: name,
      });
    }
    return entry;
  };
  const named = <T>(section: Section, name: string): T => filled(raw<T>(section, name), section, name);

  const environments = environmentsOf(data.environments, at);
  const deployment = (name: string): Deployment => named('deployments', name);
  const deploymentNames = Object.keys(data.deployments ?? {});
  const modeOf = (name: string): Mode => raw<Deployment>('deployments', name).mode;

  return Object.freeze({
    file,
    folder,
    home,
    environments: environments.map(({ name }) => name),
    trust: () => filled(data.trust ?? {}, 'trust'),
    gates: (environment: string, model: string) =>
      filled(gatesOf(environments, environment, model), 'environments', environment),
    connectionNames: Object.keys(data.connections ?? {}),
    channelNames: Object.keys(data.channels ?? {}),
    deploymentNames,
    registry: () => (data.registry === undefined ? undefined : filled(data.registry, 'registry')),
    stream: () => filled(data.stream ?? 'embedded', 'stream'),
    connection: (name: string) => named<string>('connections', name),
    channel: (name: string) => named<ChannelSettings>('channels', name),
    openlineage: () => lineageOf(filled(data.openlineage ?? '', 'openlineage')),
    deployment,
    deploymentIn: <M extends Mode>(mode: M, name: string) => {
      const found = deployment(name);
      if (isIn(mode, found)) return found;
      throw fail('BAD_PROJECT', `The deployment '${name}' is not of mode ${mode}`, {
        field: `deployments.${name}.mode`,
        expected: mode,
        got: found.mode,
      });
    },
    mode: modeOf,
    namesIn: (mode: Mode) => deploymentNames.filter((name) => modeOf(name) === mode),
  });
};
