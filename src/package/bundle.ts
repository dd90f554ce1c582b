/** The transform module, with all it imports, as one web-standard module. */
import { basename, dirname, resolve } from 'node:path';
import { type BuildResult, build, type Message } from 'esbuild';
import { fail, MillraceError, messageOf } from '../core/errors.ts';

/** Globals that a browser lacks. */
const ofNode = ['process', 'Buffer', '__dirname', '__filename', 'setImmediate', 'clearImmediate'];
/** Globals that would make the same row give another answer another time. */
const unsteady = [
  'Math.random',
  'Date.now',
  'performance.now',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
];
/** It would write between the predictions on stdout, once a row. */
const printing = ['console'];
/** `new Date` without an argument, and `Date()` as a function: both read the clock. */
const clock = /(?<![\w$.])(?:new Date(?:\(\)|(?![\w$(]))|(?<!new )Date\()/;

const marked = (name: string): string => `__millrace_refused_${name.replace('.', '_dot_')}__`;

const refuse = (file: string, got: string, cause?: unknown) =>
  fail('BAD_TRANSFORM', `${basename(file)} cannot travel in the package: ${got}`, {
    expected: 'a module that needs nothing but JavaScript itself, its imports included',
    got,
    cause,
  });

const say = ({ text, location }: Message): string =>
  location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;

/**
 * Nothing of the machine may leak into the code: no tsconfig.json of a folder above, and no names, as those of CommonJS
 * modules would hold their paths.
 */
const bundle = (file: string, define: Record<string, string>) =>
  build({
    entryPoints: [resolve(file)],
    absWorkingDir: dirname(resolve(file)),
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import', 'default'],
    target: 'es2022',
    tsconfigRaw: '{}',
    charset: 'utf8',
    legalComments: 'none',
    minifyWhitespace: true,
    minifyIdentifiers: true,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis', ...define },
  });

type Bundled = BuildResult<{ write: false; metafile: true }>;
const codeOf = (result: Bundled): string => result.outputFiles[0].text;

/** What the module needs that it may not have, in words. */
const flawOf = (checked: Bundled): string | undefined => {
  const code = codeOf(checked);
  const found = [...ofNode, ...unsteady, ...printing].find((name) => code.includes(marked(name)));
  if (found !== undefined && ofNode.includes(found)) return `it uses ${found}, which only Node has.`;
  if (found !== undefined && printing.includes(found)) return `it prints (${found}), once for every row.`;
  if (found !== undefined) return `it uses ${found}, so the same row could be answered differently.`;
  if (clock.test(code))
    return 'it reads the clock (new Date() without a time), so the same row could be answered differently.';
  const output = Object.values(checked.metafile.outputs)[0];
  const outside = output.imports.find(({ external }) => external);
  if (outside !== undefined) return `it imports ${outside.path}, which cannot be put into the package.`;
  if (/(?<![\w$.])import\(/.test(code)) return 'it imports something that is known only when it runs.';
  if (code.includes('Dynamic require of')) return 'it uses require for something that is known only when it runs.';
  if (output.exports.some((name) => name === 'prepare' || name === 'finish')) return undefined;
  return `it exports neither prepare(row) nor finish(output, row), but ${output.exports.join(', ') || 'nothing'}.`;
};

/**
 * Bundles a transform module. The same sources give the same bytes on every machine. @throws MillraceError BAD_TRANSFORM when an import
 * cannot be resolved, when something of Node is needed, or when clocks, chance or the network are used.
 */
export const bundleTransform = async (file: string): Promise<Uint8Array> => {
  try {
    const markers = Object.fromEntries([...ofNode, ...unsteady, ...printing].map((name) => [name, marked(name)]));
    const flaw = flawOf(await bundle(file, markers));
    if (flaw !== undefined) throw refuse(file, flaw);
    return new TextEncoder().encode(codeOf(await bundle(file, {})));
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const { errors } = error as { readonly errors?: readonly Message[] };
    throw refuse(file, Array.isArray(errors) ? errors.map(say).join('; ').slice(0, 1000) : messageOf(error), error);
  }
};
