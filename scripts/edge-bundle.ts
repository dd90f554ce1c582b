/**
 * `millrace/edge` as files for a browser: `edge.js`, which has the names that are documented and no other, `scoring.js` with what
 * every page needs, and a chunk for each thing that only some packages need. What is in `scoring.js` is in no other file, so that a
 * page asks for nothing twice and for no crumbs. All these have no words (`wordless.ts`); `whole.js` and its chunks have.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { reachedFrom, readImports } from './imports.ts';
import { wordless } from './wordless.ts';

const source = join(import.meta.dirname, '../src');

/** What stands in for a file in a browser: `table.web.ts` for `table.ts` beside it. */
const webTwins: Plugin = {
  name: 'files of browsers',
  resolveId(path, importer) {
    if (importer === undefined || !path.startsWith('.')) return undefined;
    const twin = join(dirname(importer), path.replace(/\.ts$/, '.web.ts'));
    return existsSync(twin) ? twin : undefined;
  },
};

/** What several chunks need, in few files, by their names. */
const SHARED: Readonly<Record<string, RegExp>> = {
  columns: /operators.(?:shapes|casts|one-hot|concatenation)\.ts$/,
  scores: /trees.(?:scores|expf|operators.class-labels)\.ts$/,
};

/** A build of its own. */
const WHOLE = './whole.ts';
const wholeApart: Plugin = {
  name: 'the whole',
  resolveId: (path) => (path === WHOLE ? { id: './whole.js', external: true } : undefined),
};

/** What tells why the whole cannot be asked, and what the whole is not asked. */
const KEEPS_WORDS = /src.(?:modes.edge.(?:edge|explained)|core.(?:on-demand|gate|errors))\.ts$/;

/** What is said of a kind to people, to servers and to databases. */
const TOLD_OF_KINDS = 'describe sample schema control profile protocol sqlType writeAs fromCell isNumber'.split(' ');

/** Of a file that may do without its words: the properties that no page asks for. */
const unasked = (id: string): readonly string[] | undefined => {
  if (KEEPS_WORDS.test(id)) return undefined;
  return /core.kinds/.test(id) ? TOLD_OF_KINDS : [];
};

interface Build {
  readonly entry: string;
  readonly plugins: readonly Plugin[];
  /** The file of the entry, with all that every page needs that loads it. */
  readonly file: string;
  /** What names of other files begin with. */
  readonly prefix: string;
}

/** What nearly every page needs, though a page with one ensemble of trees does not. */
const NEARLY_ALWAYS = /trees.placed-values\.ts$/;

const BUILDS: readonly Build[] = [
  {
    entry: join(source, 'modes/edge/edge.ts'),
    plugins: [wholeApart, wordless(unasked)],
    file: 'scoring.js',
    prefix: '',
  },
  { entry: join(source, 'modes/edge/whole.ts'), plugins: [], file: 'whole.js', prefix: 'whole-' },
];

const build = async ({ entry, plugins, file, prefix }: Build, within: boolean) => {
  const sources: InputOptions = {
    input: entry,
    platform: 'browser',
    plugins: [webTwins, ...plugins],
    checks: { pluginTimings: false },
  };
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
    entryFileNames: file,
    chunkFileNames: `${prefix}[name].js`,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: file.replace(/\.js$/, ''), test: (id) => always.has(id) || NEARLY_ALWAYS.test(id) },
        ...Object.entries(SHARED).map(([name, test]) => ({ name, test })),
      ],
    },
  });
  await bundle.close();
  return output.map((made) => [made.fileName, made.type === 'chunk' ? made.code : String(made.source)] as const);
};

/** By file name. `onnxruntime-web` is imported by its name unless it is `within`, for pages that have no bundler. */
export const bundleEdge = async ({ within = false } = {}): Promise<ReadonlyMap<string, string>> => {
  const files = await Promise.all(BUILDS.map((one) => build(one, within)));
  // The chunks take from `scoring.js` what they need, by names of a letter, which are nobody else's.
  return new Map([['edge.js', 'export{MillraceError,load}from"./scoring.js";\n'], ...files.flat()]);
};
