/**
 * `millrace/edge` as files for a browser: `edge.js`, and a chunk for each thing that only some packages need. What `edge.js`
 * itself leads to is in no other file, so that a page asks for nothing twice and for no crumbs.
 */
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const entry = join(import.meta.dirname, '../src/modes/edge/edge.ts');

/** By module: those that it cannot run without. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** Loads every module, and writes nothing. */
const readImports = async (): Promise<Imports> => {
  const imports = new Map<string, readonly string[]>();
  const reader: Plugin = {
    name: 'who imports whom',
    moduleParsed({ id, importedIds }) {
      imports.set(id, importedIds);
    },
  };
  const bundle = await rolldown({ input: entry, platform: 'browser', external: /^onnxruntime-/, plugins: [reader] });
  await bundle.generate();
  await bundle.close();
  return imports;
};

const reachedFrom = (start: string, imports: Imports): ReadonlySet<string> => {
  const reached = new Set([start]);
  for (const id of reached) for (const next of imports.get(id) ?? []) reached.add(next);
  return reached;
};

/** By file name. `onnxruntime-web` is imported by its name unless it is `within`, for pages that have no bundler. */
export const bundleEdge = async ({ within = false } = {}): Promise<ReadonlyMap<string, string>> => {
  const always = reachedFrom(entry, await readImports());
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    ...(within
      ? { resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'import'] } }
      : { external: /^onnxruntime-/ }),
    preserveEntrySignatures: 'allow-extension',
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    chunkFileNames: '[name].js',
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: 'edge', test: (id) => always.has(id) }] },
  });
  await bundle.close();
  return new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)]));
};
