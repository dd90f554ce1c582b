import { type Import, type Module, readModules, type Sources } from './modules.ts';

/**
 * Who may import whom. A part is a folder of `src`, a folder of `src/modes`, or a file of `src` itself; a part may
 * always import itself. `*` is everything that the other rows do not reserve.
 */
export const table: Readonly<Record<string, readonly string[]>> = {
  core: [],
  text: ['core'],
  yaml: ['core'],
  threads: ['core'],
  remote: ['core'],
  metrics: [],
  files: ['core', 'text', 'threads'],
  runtimes: ['core'],
  images: ['core', 'threads'],
  package: ['core', 'text', 'runtimes', 'yaml', 'files', 'monitor/profile', 'monitor/performance'],
  project: ['core', 'text', 'yaml'],
  store: ['core', 'text'],
  access: ['core', 'text', 'store'],
  registry: ['core', 'text', 'store', 'access'],
  brokers: ['core', 'text', 'store'],
  events: ['core', 'text', 'brokers'],
  databases: ['core', 'text', 'files', 'threads'],
  sources: ['core', 'text', 'project', 'files', 'databases'],
  sinks: ['core', 'text', 'project', 'files', 'databases', 'sources'],
  webhook: ['core', 'text'],
  channels: ['core', 'text', 'project', 'webhook', 'monitor'],
  reactions: ['core', 'project', 'webhook', 'channels', 'events', 'registry', 'monitor'],
  terminal: ['text'],
  export: ['core', 'package', 'runtimes', 'project', 'registry'],
  workers: ['core', 'package', 'runtimes', 'threads', 'images'],
  serving: ['core', 'package', 'store', 'registry', 'monitor/comparison', 'monitor/performance', 'monitor/statistics'],
  'monitor/profile': ['core'],
  'monitor/statistics': [],
  'monitor/drift': ['core', 'monitor/profile', 'monitor/statistics'],
  'monitor/performance': ['core', 'monitor/statistics'],
  'monitor/comparison': ['core', 'text', 'monitor/statistics', 'monitor/performance'],
  monitor: [
    'core',
    'text',
    'store',
    'threads',
    'metrics',
    'monitor/profile',
    'monitor/statistics',
    'monitor/drift',
    'monitor/performance',
    'monitor/comparison',
  ],
  'monitor/report': ['core', 'drawing', 'monitor', 'monitor/drift', 'monitor/performance'],
  evaluation: ['core', 'files', 'drawing', 'monitor/performance', 'monitor/statistics', 'monitor/drift'],
  diff: ['core', 'text', 'files', 'drawing', 'monitor', 'monitor/comparison', 'evaluation'],
  gates: ['core', 'text', 'project', 'registry', 'monitor', 'monitor/performance', 'evaluation', 'diff'],
  drawing: [],
  control: ['core', 'registry', 'monitor'],
  'modes/once': ['core', 'text', 'package', 'files'],
  'modes/batch': [
    'core',
    'text',
    'package',
    'project',
    'files',
    'store',
    'databases',
    'sources',
    'sinks',
    'webhook',
    'channels',
    'monitor',
    'monitor/profile',
    'monitor/drift',
    'monitor/comparison',
    'drawing',
    'version',
  ],
  'modes/service': [
    'core',
    'access',
    'text',
    'package',
    'project',
    'serving',
    'files',
    'brokers',
    'events',
    'monitor',
    'monitor/profile',
    'monitor/comparison',
    'threads',
    'metrics',
    'version',
  ],
  'modes/stream': [
    'core',
    'text',
    'package',
    'project',
    'serving',
    'files',
    'sinks',
    'brokers',
    'events',
    'monitor',
    'monitor/profile',
    'monitor/comparison',
    'metrics',
  ],
  'modes/decide': ['core', 'text', 'project', 'brokers', 'events', 'store', 'webhook', 'metrics'],
  'modes/edge': ['core', 'package', 'runtimes', 'images'],
  version: [],
  'export-script': [],
  resources: [
    'core',
    'images',
    'access',
    'files',
    'runtimes',
    'package',
    'project',
    'store',
    'registry',
    'brokers',
    'databases',
    'workers',
    'monitor',
    'diff',
    'gates',
    'serving',
  ],
  deployments: [
    'core',
    'access',
    'metrics',
    'package',
    'project',
    'store',
    'registry',
    'brokers',
    'sinks',
    'channels',
    'reactions',
    'workers',
    'monitor',
    'monitor/profile',
    'monitor/performance',
    'evaluation',
    'files',
    'sources',
    'events',
    'threads',
    'serving',
    'modes/*',
    'resources',
  ],
  app: [
    'core',
    'access',
    'package',
    'evaluation',
    'diff',
    'export',
    'registry',
    'workers',
    'modes/batch',
    'resources',
    'deployments',
  ],
  index: ['*', 'app'],
  cli: ['*', 'app'],
};

/** Parts that others come into by these files alone: what is behind them can be added to without anybody's knowing. */
const doors: Readonly<Record<string, readonly string[]>> = {
  runtimes: 'index.ts runtime.ts formats.ts draft.ts open.node.ts no-telemetry.node.ts onnx.web.ts trees/own.ts'.split(
    ' ',
  ),
};

/** Who goes behind doors: what writes a runtime in another language has to know what it does. */
const insiders: Readonly<Record<string, readonly string[]>> = { runtimes: ['export'] };

const mayEnter = (from: string, part: string, path: string): boolean =>
  from === part ||
  insiders[part]?.includes(from) ||
  (doors[part]?.some((file) => path === `src/${part}/${file}`) ?? true);

/** Files that must run without Node, and with them all that they load. */
const webStandard = (path: string): boolean =>
  /^src\/(?:core|modes\/edge|monitor\/(?:profile|statistics|drift|performance|comparison)|runtimes\/trees)\//.test(
    path,
  ) || ['src/runtimes/onnx.web.ts', 'src/package/layout.ts', 'src/package/tar.ts'].includes(path);

/** Packages that web-standard files may load; none of them is for `core`. */
const webPackages = /^onnxruntime-(?:web|common)(?:\/|$)/;

/** The one file that ends the process. */
const endsProcess = 'src/cli/main.ts';

/** A column, or any other property, that runs code behind its reader's back. */
const definesGetter = /\bdefinePropert(?:y|ies)\((?:[^()]|\([^()]*\)){0,200}?\bget\b\s*[(:,}]/;

/** Folders of `src/monitor` that are parts of their own. */
const monitorParts = ['profile', 'statistics', 'drift', 'performance', 'comparison', 'report'];

const partOf = (path: string): string => {
  const [, first = '', second = ''] = path.split('/');
  if (first === 'monitor' && monitorParts.includes(second)) return `monitor/${second}`;
  return first === 'modes' ? `modes/${second}` : first.replace(/\.tsx?$/, '');
};

const mayImport = (from: string, to: string): boolean => {
  if (from === to) return true;
  const allowed = table[from] ?? [];
  if (allowed.includes(to) || (to.startsWith('modes/') && allowed.includes('modes/*'))) return true;
  return allowed.includes('*') && !['app', 'cli', 'index'].includes(to);
};

/** Types count: a port that its openers close to a circle can be read from no end. */
const cyclesOf = (modules: ReadonlyMap<string, Module>): readonly string[] => {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start !== -1) {
      found.push(`cycle: ${[...way.slice(start), path].join(' → ')}`);
      return;
    }
    if (finished.has(path)) return;
    const { imports = [], types = [] } = modules.get(path) ?? {};
    for (const { to } of [...imports, ...types]) if (modules.has(to)) visit(to, [...way, path]);
    finished.add(path);
  };
  for (const path of modules.keys()) visit(path, []);
  return found;
};

/** Threads, and processes that are spoken with, are started and served in `src/threads` alone. */
const speaksWithThreads = (text: string, imports: readonly Import[]): boolean =>
  imports.some(({ to }) => to === 'node:worker_threads') ||
  /^import [^;]*\bfork\b[^;]* from 'node:child_process'|^[^*/]*\bprocess\.send\b/m.test(text);

/** What the sources do against the design, one line each; empty when they keep to it. */
export const violations = async (sources: Sources): Promise<readonly string[]> => {
  const modules = await readModules(sources);
  const found: string[] = [...cyclesOf(modules)];

  for (const [path, { imports, types, globals }] of modules) {
    const part = partOf(path);
    if (!Object.hasOwn(table, part)) found.push(`${path}: no row of the table names its part '${part}'`);
    for (const { to, external } of [...imports, ...types]) {
      if (external && part === 'core') found.push(`${path}: core imports the package ${to}`);
      if (!external && !mayImport(part, partOf(to))) found.push(`${path}: ${part} imports ${to}`);
      if (!external && !mayEnter(part, partOf(to), to))
        found.push(`${path}: imports ${to}, which is behind the doors of ${partOf(to)}`);
    }
    if (part !== 'threads' && speaksWithThreads(sources.get(path) ?? '', imports)) {
      found.push(`${path}: starts or serves a thread or process by itself, which is for src/threads`);
    }
    if (globals.includes('process_exit') && path !== endsProcess) found.push(`${path}: ends the process`);
    if (definesGetter.test(sources.get(path) ?? ''))
      found.push(`${path}: defines a property that computes when it is read`);
  }

  const reached = new Map<string, string>();
  const reach = (path: string, from: string): void => {
    if (reached.has(path)) return;
    reached.set(path, from);
    for (const { to } of modules.get(path)?.imports ?? []) if (modules.has(to)) reach(to, path);
  };
  for (const path of modules.keys()) if (webStandard(path)) reach(path, path);
  for (const [path, from] of reached) {
    const { imports, globals } = modules.get(path) ?? { imports: [], globals: [] };
    const why = from === path ? 'must run without Node' : `is loaded by ${from}, which must run without Node`;
    for (const { to, external } of imports) {
      if (external && !webPackages.test(to)) found.push(`${path}: imports ${to}, but ${why}`);
    }
    for (const name of globals) found.push(`${path}: uses ${name.replace('process_', 'process.')}, but ${why}`);
  }
  return found;
};
