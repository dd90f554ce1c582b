/**
 * `npm run build`: the sources as `dist/`, which is what an installed Millrace runs. Loading hundreds of small modules takes
 * most of a command's time, so they are put together, with the libraries that every command and service loads at once;
 * whatever is loaded only where it is needed stays a file of its own. Types are those that TypeScript writes.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { bundleEdge } from './edge-bundle.ts';
import { reachedFrom, readImports } from './imports.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'src');
const dist = join(root, 'dist');

/** How a file that a thread or a process of its own runs is named by the file beside it. */
const BESIDE = /beside\('\.\/([\w-]+)', import\.meta\.url\)/g;

/** `databases/sqlite/thread` → `databases-sqlite-thread`: all files of `dist` lie in one folder. */
const flat = (path: string): string => path.replaceAll('/', '-');

/** How a library is named that is loaded when it is first needed: within `dist` it is run then. */
const LOADED = /\bload\((?='[\w/.-]+'\))/g;

/** The files that threads and processes of their own run, below `src`. */
const filesBeside = globSync('**/*.ts', { cwd: source }).flatMap((path) =>
  [...readFileSync(join(source, path), 'utf8').matchAll(BESIDE)].map(([, name]) => join(dirname(path), name)),
);

const withFilesBeside: Plugin = {
  name: 'files of threads and processes',
  transform(code, id) {
    if (!id.startsWith(source)) return null;
    const folder = relative(source, dirname(id));
    return code
      .replace(BESIDE, (_, name) => `new URL('./${flat(join(folder, name))}.js', import.meta.url)`)
      .replace(LOADED, 'require(');
  },
};

/**
 * An import of a module of Node reads all that it exports, the rarest too (of `node:http`, a whole client that nobody
 * calls), and waits for it; this way it is asked for what is used.
 */
const leanBuiltins: Plugin = {
  name: 'modules of Node',
  resolveId(path, importer) {
    const name = path.replace(/^node:/, '');
    if (importer?.startsWith('\0') || !(path.startsWith('node:') || builtinModules.includes(name))) return null;
    return `\0node:${name}.cjs`;
  },
  load(id) {
    const [, name] = /^\0(node:.*)\.cjs$/.exec(id) ?? [];
    return name === undefined ? null : `module.exports = process.getBuiltinModule('${name}');`;
  },
};

/** Libraries that every command or service loads at once, and which become part of it; their types are asked for all the same. */
const WITHIN: ReadonlySet<string> = new Set([
  '@opentelemetry/api',
  'ajv',
  'commander',
  'fastify',
  'kysely',
  'pino',
  'prom-client',
  'yaml',
]);

const outside = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies).filter(
  (name) => !WITHIN.has(name),
);

const fileOf = (path: string): string => join(source, `${path}.ts`);

/** What is run by its name, and does something at once. */
const entries = new Map(['index', 'cli/main', ...filesBeside].map((path) => [flat(path), fileOf(path)]));
const isEntry = (id: string): boolean => [...entries.values()].includes(id);

const input: InputOptions = {
  input: Object.fromEntries(entries),
  platform: 'node',
  external: (id) => outside.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [withFilesBeside, leanBuiltins],
  checks: { ineffectiveDynamicImport: false },
  preserveEntrySignatures: 'allow-extension',
};

/** What threads and nearly all commands come to load: one file, since to find and link each of a hundred takes a millisecond. */
const AT_WORK = [
  'app',
  'databases/sqlite/thread',
  'modes/service/reading/thread',
  'monitor/recorder-thread',
  'package/layout',
  'package/open',
  'package/risk',
  'registry/registry',
  'runtimes/onnx-format',
  'runtimes/trees/own',
  'store/folder-blobs',
  'store/sql',
  'store/sql-blobs',
  'store/sqlite',
  'workers/safely',
  'workers/scoring-thread',
];

/** What a service comes to load beyond that. */
const IN_SERVICE = [
  'cli/commands/serve',
  'deployments/deployments',
  'deployments/service',
  'deployments/service/servings',
  'monitor/recorder',
  'store/read-only',
];

/** What the libraries within want to be named: their licences, each once. */
const licences = (modules: Iterable<string>): string => {
  const folders = new Set(
    [...modules].flatMap((id) => relative(root, id).match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []),
  );
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const [file] = globSync('{LICENSE,LICENCE,license,COPYING}*', { cwd: join(root, folder) });
      const text = file === undefined ? '' : `\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}`;
      return `${name} ${version} (${license})${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
};

rmSync(dist, { recursive: true, force: true });

const imports = await readImports(input);
const reached = (paths: readonly string[]) => reachedFrom(paths.map(fileOf), imports);
/** Each module is in the first that it belongs to. */
const groups = [
  ['main', reached(['cli/main', 'threads/watchdog-thread'])],
  ['work', reached(AT_WORK)],
  ['service', reached(IN_SERVICE)],
] as const;
const bundle = await rolldown(input);
await bundle.write({
  dir: dist,
  format: 'esm',
  minify: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: groups.map(([name, modules], at) => ({
      name,
      test: (id) => modules.has(id) && !isEntry(id),
      priority: groups.length - at,
    })),
  },
});
await bundle.close();
writeFileSync(join(dist, 'LICENSES.txt'), licences(imports.keys()));
for (const path of globSync('**/*.proto', { cwd: source }))
  writeFileSync(join(dist, basename(path)), readFileSync(join(source, path)));

mkdirSync(join(dist, 'edge'));
for (const [name, code] of await bundleEdge()) writeFileSync(join(dist, 'edge', name), code);

const tsc = join(root, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

/** Files of types that an entry leads to: nobody can ask for the others. */
const asked = new Set<string>();
const ask = (path: string): void => {
  if (asked.has(path)) return;
  asked.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, to] of text.matchAll(/(?:from |import\()'(\.[^']+)\.ts'/g)) ask(join(dirname(path), `${to}.d.ts`));
};
for (const entry of ['index.d.ts', 'modes/edge/edge.d.ts']) ask(join(dist, 'types', entry));
for (const path of globSync('types/**/*.d.ts', { cwd: dist }))
  if (!asked.has(join(dist, path))) rmSync(join(dist, path));
