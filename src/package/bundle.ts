/** The transform module, with all it imports, as one web-standard module. */
import { basename, dirname, relative } from 'node:path';
import { build, type Message } from 'esbuild';
import { fail, messageOf } from '../core/errors.ts';

/** Globals that a browser lacks, and those that would make the same row give another answer. */
const nodeGlobals = [
  'process',
  'Buffer',
  'require',
  'module',
  'exports',
  '__dirname',
  '__filename',
  'global',
  'setImmediate',
  'clearImmediate',
];
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
const marked = (name: string): string => `__millrace_refused_${name.replace('.', '_dot_')}__`;

const refuse = (got: string, file: string, cause?: unknown) =>
  fail('BAD_TRANSFORM', `${basename(file)} cannot travel in the package: ${got}`, {
    expected: 'a module that needs nothing but JavaScript itself, its imports included',
    got,
    cause,
  });

const say = ({ text, location }: Message): string =>
  location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;

const bundle = async (file: string, define: Record<string, string>): Promise<string> => {
  const result = await build({
    entryPoints: [file],
    absWorkingDir: dirname(file),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import', 'default'],
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    minifyWhitespace: true,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"', ...define },
  });
  return result.outputFiles[0].text;
};

/**
 * Bundles a transform module. The same sources give the same bytes on every machine. Throws BAD_TRANSFORM when an import
 * cannot be resolved, when something of Node is needed, or when clocks, chance or the network are used.
 */
export const bundleTransform = async (file: string): Promise<Uint8Array> => {
  let code: string;
  try {
    const names = [...nodeGlobals, ...unsteady];
    const checked = await bundle(file, Object.fromEntries(names.map((name) => [name, marked(name)])));
    const found = names.find((name) => checked.includes(marked(name)));
    if (found !== undefined) {
      throw refuse(
        nodeGlobals.includes(found)
          ? `it uses ${found}, which only Node has.`
          : `it uses ${found}, so the same row could be answered differently.`,
        file,
      );
    }
    code = await bundle(file, {});
  } catch (error) {
    const errors = (error as { errors?: readonly Message[] }).errors;
    if (!Array.isArray(errors))
      throw error instanceof Error && error.name === 'MillraceError' ? error : refuse(messageOf(error), file, error);
    throw refuse(errors.map(say).join('; ').slice(0, 1000), relative('.', file), error);
  }
  if (!/\bexport\s*\{[^}]*\b(prepare|finish)\b/.test(code)) {
    throw refuse('it exports neither prepare(row) nor finish(output, row).', file);
  }
  return new TextEncoder().encode(code);
};
