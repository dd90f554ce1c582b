/**
 * `npm run build`: the sources as `dist/`, which is what an installed Millrace runs. Loading hundreds of small modules takes
 * most of a command's time, so they are put together, with the libraries that every command and service loads at once;
 * whatever is loaded only where it is needed stays a file of its own. Types are those that TypeScript writes.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { bundleEdge } from './edge-bundle.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'src');
const dist = join(root, 'dist');

/** How a file that a thread or a process of its own runs is named by the file beside it. */
const BESIDE = /beside\('\.\/([\w-]+)', import\.meta\.url\)/g;

/** `databases/sqlite/thread` → `databases-sqlite-thread`: all files of `dist` lie in one folder. */
const flat = (path: string): string => path.replaceAll('/', '-');

/** How a library is named that is loaded when it is first needed: within `dist` it is run then. */
const LOADED = /\bload\((?='[\w/.-]+'\))/g;

const filesBeside = (): readonly string[] =>
  globSync('**/*.ts', { cwd: source }).flatMap((path) =>
    [...readFileSync(join(source, path), 'utf8').matchAll(BESIDE)].map(([, name]) => join(dirname(path), name)),
  );

const withFilesBeside: Plugin = {
  name: 'files of threads and processes',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const folder = relative(source, dirname(path));
      const contents = readFileSync(path, 'utf8')
        .replace(BESIDE, (_, name) => `new URL('./${flat(join(folder, name))}.js', import.meta.url)`)
        .replace(LOADED, 'require(');
      return { contents, loader: 'ts' };
    }),
};

/**
 * An import of a module of Node reads all that it exports, the rarest too (of `node:http`, a whole client that nobody
 * calls), and waits for it; this way it is asked for what is used.
 */
const leanBuiltins: Plugin = {
  name: 'modules of Node',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(?:node:)?[a-z_]+(?:\/[a-z_]+)*$/ }, ({ path, namespace }) => {
      const name = path.replace(/^node:/, '');
      if (namespace === 'builtin' || !(path.startsWith('node:') || builtinModules.includes(name))) return undefined;
      return { path: `node:${name}`, namespace: 'builtin' };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
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

const external = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies)
  .filter((name) => !WITHIN.has(name))
  .flatMap((name) => [name, `${name}/*`]);

/** What the libraries within want to be named: their licences, each once. */
const licences = ({ inputs }: Metafile): string => {
  const folders = new Set(
    Object.keys(inputs).flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []),
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

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(
    ['index', 'cli/main', ...filesBeside()].map((path) => [flat(path), join(source, `${path}.ts`)]),
  ),
  outdir: dist,
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  metafile: true,
  external,
  plugins: [leanBuiltins, withFilesBeside],
  // For libraries in CommonJS.
  banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
});
writeFileSync(join(dist, 'LICENSES.txt'), licences(metafile));
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
