/** Source files as modules: what each imports, and which names of Node it reads. */
import { dirname, posix } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Source files by their path below the repository's root, such as `src/core/errors.ts`. */
export type Sources = ReadonlyMap<string, string>;

const nodeGlobals = [
  'process',
  'Buffer',
  '__dirname',
  '__filename',
  'require',
  'global',
  'setImmediate',
  'clearImmediate',
];

export interface Import {
  /** A path in the sources, or the name of a package. */
  readonly to: string;
  readonly external: boolean;
}

export interface Module {
  readonly imports: readonly Import[];
  readonly types: readonly Import[];
  /** Names of Node that the module reads as globals. */
  readonly globals: readonly string[];
}

const resolveImport = (from: string, specifier: string): Import =>
  specifier.startsWith('.')
    ? { to: posix.join(dirname(from), specifier), external: false }
    : { to: specifier, external: true };

const mark = 'NODE_GLOBAL_';
const define = Object.fromEntries(
  [...nodeGlobals, 'process.exit'].map((name) => [name, mark + name.replace('.', '_')]),
);

const fromSources = (sources: Sources): Plugin => ({
  name: 'sources',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point') return { path, namespace: 'sources' };
      const { to, external } = resolveImport(importer, path);
      return external || !sources.has(to) ? { path: to, external: true } : { path: to, namespace: 'sources' };
    });
    onLoad({ filter: /.*/, namespace: 'sources' }, ({ path }) => ({
      contents: sources.get(path) ?? '',
      loader: path.endsWith('.json') ? 'json' : path.endsWith('.tsx') ? 'tsx' : 'ts',
    }));
  },
});

/** esbuild reads the modules, so that strings, comments and shadowed names mislead nobody. */
export const readModules = async (sources: Sources): Promise<ReadonlyMap<string, Module>> => {
  const modules = new Map<string, Module>();
  for (const [path, text] of sources) {
    if (!/\.tsx?$/.test(path)) continue;
    const { metafile, outputFiles } = await build({
      entryPoints: [path],
      plugins: [fromSources(new Map([[path, text]]))],
      bundle: true,
      metafile: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      outdir: 'out',
      define,
      logLevel: 'silent',
      treeShaking: false,
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    const output = outputFiles[0]?.text ?? '';
    const imports = (Object.values(metafile.inputs)[0]?.imports ?? []).map(({ path: to }) => ({
      to,
      external: !to.startsWith('src/'),
    }));
    const types = [...text.matchAll(/^(?:import|export) type\s[^'";]*?from\s+['"]([^'"]+)['"]/gm)].map(
      ([, specifier = '']) => resolveImport(path, specifier),
    );
    const globals = [...output.matchAll(new RegExp(`\\b${mark}(\\w+)`, 'g'))].map(([, name = '']) => name);
    modules.set(path, { imports, types, globals: [...new Set(globals)] });
  }
  return modules;
};
