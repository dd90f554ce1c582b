/** What the suites of libraries' own files share: rows, the answers that a library gave for them, and damage. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MillraceError } from '../../../src/core/errors.ts';
import type { Tensor } from '../../../src/core/types.ts';
import { FEATURES, openTreeFile } from '../../../src/runtimes/trees/formats/open-trees.ts';
import type { TreeFile } from '../../../src/runtimes/trees/formats/tree-file.ts';

export const folder = join(import.meta.dirname, '../../fixtures/tree-files');
export const ROWS = 5000;
const FEATURES_A_ROW = 6;

type Read = (file: Uint8Array) => TreeFile;

export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
export const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** What a file ending in .gz holds. */
export const unpacked = (name: string): Uint8Array => new Uint8Array(gunzipSync(bytesOf(name)));
export const packedDoubles = (name: string): Float64Array => new Float64Array(unpacked(name).buffer);

/** Ordinary rows, and in the end hostile ones. */
export const rowsWith = (hostile: ArrayLike<number>): Float64Array => {
  const rows = Float64Array.from(new Float32Array(bytesOf('rows.f32').buffer));
  rows.set(hostile, rows.length - hostile.length);
  return rows;
};

export const answersOf = async (file: TreeFile, rows: Float64Array, count = ROWS) => {
  const session = openTreeFile(file);
  const data = file.input === 'float64' ? rows : Float32Array.from(rows);
  const feed: Tensor = { dtype: file.input, dims: [count, rows.length / count], data };
  const outputs = await session.run(
    { [FEATURES]: feed },
    session.outputs.map(({ name }) => name),
  );
  return { outputs, answer: outputs[file.output].data as Float64Array };
};

/** Where two lists do not have the same bits; some of them. */
export const differences = (got: ArrayLike<number>, want: ArrayLike<number>): readonly number[] => {
  assert.equal(got.length, want.length);
  return Array.from(want, (_, at) => at)
    .filter((at) => !Object.is(got[at], want[at]))
    .slice(0, 5);
};

/** Whatever is done to a file, it is refused or it answers. */
const survives = async (read: Read, file: Uint8Array, rows: Float64Array): Promise<void> => {
  try {
    const found = read(file);
    const { length } = found.features;
    if (length * 10 <= rows.length) await answersOf(found, rows.slice(0, length * 10), 10);
  } catch (error) {
    assert.ok(error instanceof MillraceError, String((error as Error).stack));
    assert.equal(error.code, 'BAD_MODEL');
  }
};

const words = ['', '-1', '0', '1', '7', '1e9', '4294967296', '1e308', 'nan', 'null', '[]', '{}', '"', '2.5', '-0'];

/** Bytes are changed, words put in the place of others, and the end is cut off, `runs` times. */
export const survivesDamage = async (read: Read, files: readonly Uint8Array[], runs: number): Promise<void> => {
  const rows = rowsWith([]).slice(0, 60);
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  await fc.assert(
    fc.asyncProperty(
      fc.nat(files.length - 1),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255), fc.boolean()), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.double({ min: 0, max: 4, noNaN: true }),
      async (which, changes, keep) => {
        let file = files[which].slice(0, Math.ceil(files[which].length * Math.min(1, keep)));
        for (const [place, byte, isWord] of changes) {
          const at = Math.floor(place * Math.max(0, file.length - 1));
          if (isWord) {
            const text = decoder.decode(file);
            const number = /-?\d[\d.e+-]*/g;
            number.lastIndex = at;
            const found = number.exec(text);
            if (found === null) continue;
            const end = found.index + found[0].length;
            file = encoder.encode(text.slice(0, found.index) + words[byte % words.length] + text.slice(end));
          } else file[at] = byte;
        }
        await survives(read, file, rows);
      },
    ),
    { numRuns: runs },
  );
};

/** A file whose text is changed is refused with BAD_MODEL and a message like this one. */
export const refuses = (read: Read, file: string, message: RegExp): void => {
  assert.throws(
    () => openTreeFile(read(new TextEncoder().encode(file))),
    (error) => error instanceof MillraceError && error.code === 'BAD_MODEL' && message.test(error.message),
    String(message),
  );
};

/** The first rows of a list, each by itself, answer as they do among others. */
export const answersAlone = async (file: TreeFile, rows: Float64Array, count: number): Promise<void> => {
  const { answer } = await answersOf(file, rows);
  const { width } = file.answer;
  for (let row = 0; row < count; row++) {
    const own = rows.slice(row * FEATURES_A_ROW, (row + 1) * FEATURES_A_ROW);
    const alone = (await answersOf(file, own, 1)).answer;
    assert.deepEqual(differences(alone, answer.slice(row * width, (row + 1) * width)), []);
  }
};
