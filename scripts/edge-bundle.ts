/**
 * `millrace/edge` as files for a browser: `edge.js`, which has the names that are documented and no other, `scoring.js` with what
 * every page needs, and a chunk for each thing that only some packages need. What is in `scoring.js` is in no other file, so that a
 * page asks for nothing twice and for no crumbs.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { reachedFrom, readImports } from './imports.ts';

const entry = join(import.meta.dirname, '../src/modes/edge/edge.ts');

/** What stands in for a file in a browser: `table.web.ts` for `table.ts` beside it. */
const webTwins: Plugin = {
  name: 'files of browsers',
  resolveId(path, importer) {
    if (importer === undefined || !path.startsWith('.')) return undefined;
    const twin = join(dirname(importer), path.replace(/\.ts$/, '.web.ts'));
    return existsSync(twin) ? twin : undefined;
  },
};

/** Chunks take from it what they need, by names of a letter, which are nobody else's. */
const SCORING = 'scoring.js';

/** What several chunks need, in few files, by their names. */
const SHARED: Readonly<Record<string, RegExp>> = {
  scores: /trees.(?:scores|expf|operators.class-labels)\.ts$/,
};

const sources: InputOptions = { input: entry, platform: 'browser', plugins: [webTwins] };

/** By file name. `onnxruntime-web` is imported by its name unless it is `within`, for pages that have no bundler. */
export const bundleEdge = async ({ within = false } = {}): Promise<ReadonlyMap<string, string>> => {
  const imports = await readImports({ ...sources, external: /^onnxruntime-/ });
  const always = reachedFrom([entry], imports);
  const bundle = await rolldown({
    ...sources,
    ...(within
      ? { resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'import'] } }
      : { external: /^onnxruntime-/ }),
    preserveEntrySignatures: 'allow-extension',
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    entryFileNames: SCORING,
    chunkFileNames: '[name].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'scoring', test: (id) => always.has(id) },
        ...Object.entries(SHARED).map(([name, test]) => ({ name, test })),
      ],
    },
  });
  await bundle.close();
  return new Map([
    ['edge.js', `export{MillraceError,load}from"./${SCORING}";\n`],
    ...output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)] as const),
  ]);
};
