/**
 * `millrace/edge` as files for a browser: `edge.js`, which has the names that are documented and no other, `scoring.js` with what
 * every page needs, and a chunk for each thing that only some packages need. What is in `scoring.js` is in no other file, so that a
 * page asks for nothing twice and for no crumbs. All these have no words (`wordless.ts`), and where one file stands beside another as
 * `….quick.ts` they have that, which may refuse more; `whole.js` and its chunks have all, and are asked what was refused.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type InputOptions, type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { reachedFrom, readImports } from './imports.ts';
import { wordless } from './wordless.ts';

const source = join(import.meta.dirname, '../src');

/** What stands in for a file: `table.web.ts` in browsers for `table.ts` beside it. */
const twins = (name: string): Plugin => ({
  name: `files of ${name}`,
  resolveId(path, importer) {
    if (importer === undefined || !path.startsWith('.')) return undefined;
    const twin = join(dirname(importer), path.replace(/\.ts$/, `.${name}.ts`));
    return existsSync(twin) ? twin : undefined;
  },
});

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

/** Tells the browser that all of a file will run soon: it is compiled as it arrives, beside the page's own thread (V8's compile hints). */
const AT_ONCE = '//# allFunctionsCalledOnLoad\n';

interface Build {
  readonly entry: string;
  readonly plugins: readonly Plugin[];
  /** The file of the entry, with all that every page needs that loads it. */
  readonly file: string;
  /** What names of other files begin with. */
  readonly prefix: string;
  /** What the file of the entry begins with. */
  readonly head: string;
}

/** What nearly every page needs, though a page with one ensemble of trees does not. */
const NEARLY_ALWAYS = /trees.placed-values\.ts$/;

const BUILDS: readonly Build[] = [
  {
    entry: join(source, 'modes/edge/edge.ts'),
    plugins: [wholeApart, twins('quick'), wordless(unasked)],
    file: 'scoring.js',
    prefix: '',
    head: AT_ONCE,
  },
  { entry: join(source, 'modes/edge/whole.ts'), plugins: [], file: 'whole.js', prefix: 'whole-', head: '' },
];

/** What usual packages need behind what they load. */
const OFTEN = /^(?:columns|scores|elementwise)\.js$/;

/** A file, where it loads another that needs a third: both are asked for at a time, not the third when the other is there. */
const withoutWaits = (code: string, chunks: readonly OutputChunk[]): string =>
  code.replaceAll(/import\(`\.\/([\w-]+\.js)`\)/g, (alone, name) => {
    const more = chunks.find(({ fileName }) => fileName === name)?.imports ?? [];
    const needed = more.filter((one) => !chunks.some(({ fileName, isEntry }) => isEntry && fileName === one));
    if (needed.length !== 1 || !OFTEN.test(needed[0])) return alone;
    return `Promise.all([${[name, ...needed].map((one) => `import(\`./${one}\`)`)}]).then(e=>e[0])`;
  });

const build = async ({ entry, plugins, file, prefix, head }: Build, within: boolean) => {
  const sources: InputOptions = {
    input: entry,
    platform: 'browser',
    plugins: [twins('web'), ...plugins],
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
  const chunks = output.filter((made) => made.type === 'chunk');
  return chunks.map((made) => [made.fileName, (made.isEntry ? head : '') + withoutWaits(made.code, chunks)] as const);
};

/** WebAssembly that decodes images, beside the chunks that ask for it. */
const DECODERS = ['@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', '@jsquash/webp/codec/dec/webp_dec.wasm'];
const { resolve } = createRequire(import.meta.url);

/** By file name. `onnxruntime-web` is imported by its name unless it is `within`, for pages that have no bundler. */
export const bundleEdge = async ({ within = false } = {}): Promise<ReadonlyMap<string, string | Uint8Array>> => {
  const files = await Promise.all(BUILDS.map((one) => build(one, within)));
  const decoders = DECODERS.map((name) => [basename(name), readFileSync(resolve(name))] as const);
  // The chunks take from `scoring.js` what they need, by names of a letter, which are nobody else's.
  return new Map<string, string | Uint8Array>([
    ['edge.js', 'export{MillraceError,load}from"./scoring.js";\n'],
    ...files.flat(),
    ...decoders,
  ]);
};
