/**
 * `millrace/edge` as files for a browser: `edge.js`, and a chunk for each thing that only some packages need. What `edge.js`
 * itself leads to is in no other file, so that a page asks for nothing twice and for no crumbs.
 */
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { reachedFrom, readImports } from './imports.ts';

const entry = join(import.meta.dirname, '../src/modes/edge/edge.ts');

/** By file name. `onnxruntime-web` is imported by its name unless it is `within`, for pages that have no bundler. */
export const bundleEdge = async ({ within = false } = {}): Promise<ReadonlyMap<string, string>> => {
  const imports = await readImports({ input: entry, platform: 'browser', external: /^onnxruntime-/ });
  const always = reachedFrom([entry], imports);
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
