/** A model's file with what lies in files beside it, as one. */
import type { FileHandle } from 'node:fs/promises';
import { open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep, win32 } from 'node:path';
import { fail, messageOf, show } from '../core/errors.ts';
import type { FilePart, Weights } from '../core/weights.ts';
import type { Beside, ModelFormat, ModelPiece, SplitModel } from '../runtimes/runtime.ts';
import { weightsOf } from './file-parts.ts';

/** No ONNX file can be larger: protocol buffers count their bytes in 31 bits. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** Read at a time, far below what one call of the system reads. */
const PART_BYTES = 64 * 2 ** 20;

/** Where weights go that lie in files beside a model: into its own file where one can hold them, or in any case apart from it. */
export type WeightsPlace = 'inside' | 'beside';

export interface ModelFile {
  /** Of the model, or of its graph alone. */
  readonly bytes: Uint8Array;
  /** Those that lie in a file of their own. */
  readonly weights?: Weights;
  /** Files beside the model that some of the bytes came from, as the model calls them. */
  readonly beside: readonly string[];
}

const outside = ({ file, of }: Beside, got: string) =>
  fail('BAD_MODEL', `The model's weights ${of} lie in ${show(file)}, ${got}.`, {
    field: of,
    expected: "a file in the model's folder, with a path from there",
    got: file,
  });

/** The path of a file beside the model, by no way out of its folder; links lead at most to where the model itself lies. */
const pathOf = async (model: string, beside: Beside): Promise<string> => {
  const { file } = beside;
  if (file === '' || file.includes('\0') || isAbsolute(file) || win32.isAbsolute(file))
    throw outside(beside, 'which is no path from there');
  if (file.split(/[/\\]/).includes('..')) throw outside(beside, 'outside of its folder');
  const path = await realpath(join(dirname(model), file)).catch((cause) => {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fail(
      'FILE_NOT_FOUND',
      `The model keeps weights in ${file}, which ${isAbsent ? 'is not beside it' : `cannot be read: ${messageOf(cause)}`}.`,
      { expected: `${file} in the folder of the model`, got: isAbsent ? 'nothing' : messageOf(cause), cause },
    );
  });
  const homes = [await realpath(dirname(model)), dirname(await realpath(model))];
  if (homes.some((home) => path.startsWith(home.endsWith(sep) ? home : home + sep))) return path;
  throw outside(beside, 'a link that leads outside of its folder');
};

/** The path of a file that has the bytes. */
const placeOf = async (model: string, beside: Beside): Promise<string> => {
  const path = await pathOf(model, beside);
  const { file, offset, length, of } = beside;
  const stats = await stat(path);
  // Opening a pipe would wait for a writer.
  if (!stats.isFile()) throw outside(beside, 'which is no file');
  if (offset + length <= stats.size) return path;
  const expected = `${length} bytes from byte ${offset} on`;
  const message = `${file} is cut off: the weights ${of} need ${expected}, and it has ${stats.size}.`;
  throw fail('BAD_MODEL', message, { field: of, expected, got: `${stats.size} bytes` });
};

const readInto = async (handle: FileHandle, target: Uint8Array, offset: number): Promise<void> => {
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await handle.read(target, at, Math.min(PART_BYTES, target.length - at), offset + at);
    if (bytesRead === 0) throw fail('BAD_MODEL', 'A file of weights became shorter while it was read.');
    at += bytesRead;
  }
};

const sizeOf = (pieces: readonly ModelPiece[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** Puts the pieces of a model together: what lies in files is read into its place, so that nothing is in memory twice. */
const assemble = async (model: string, pieces: readonly ModelPiece[]): Promise<Uint8Array> => {
  const size = sizeOf(pieces);
  if (size > MAX_MODEL_BYTES) {
    throw fail('TOO_LARGE', `The graph of the model is larger than an ONNX file can be: ${size} bytes.`, {
      expected: `at most ${MAX_MODEL_BYTES} bytes, and weights in files beside it`,
      got: `${size} bytes`,
    });
  }
  const places = await Promise.all(
    pieces.map((piece) => (piece instanceof Uint8Array ? undefined : placeOf(model, piece))),
  );
  const bytes = new Uint8Array(size);
  const handles = new Map<string, FileHandle>();
  try {
    let at = 0;
    for (const [index, piece] of pieces.entries()) {
      const target = bytes.subarray(at, at + piece.length);
      at += piece.length;
      const path = places[index];
      if (piece instanceof Uint8Array) target.set(piece);
      else if (path !== undefined) {
        const handle = handles.get(path) ?? (await open(path));
        handles.set(path, handle);
        await readInto(handle, target, piece.offset);
      }
    }
  } finally {
    for (const handle of handles.values()) await handle.close();
  }
  return bytes;
};

const filesOf = (pieces: readonly (ModelPiece | number)[]): readonly string[] => [
  ...new Set(pieces.flatMap((piece) => (typeof piece === 'object' && 'file' in piece ? [piece.file] : []))),
];

/** The graph with what is small, and where its weights lie. */
const apart = async (path: string, { graph, weights }: SplitModel): Promise<Omit<ModelFile, 'beside'>> => {
  const parts: FilePart[] = [];
  for (const one of weights) {
    if (typeof one === 'number') parts.push({ offset: 0, length: one });
    else parts.push({ path: await placeOf(path, one), offset: one.offset, length: one.length });
  }
  const bytes = await assemble(path, graph);
  return parts.length === 0 ? { bytes } : { bytes, weights: await weightsOf(parts) };
};

/**
 * `bytes` are those of the file at `path`. Weights of more than one file can hold, and those that are to be, lie apart.
 *
 * @throws BAD_MODEL, FILE_NOT_FOUND, TOO_LARGE
 */
export const wholeModel = async (
  path: string,
  bytes: Uint8Array,
  { gather, split }: Pick<ModelFormat, 'gather' | 'split'>,
  place: WeightsPlace = 'inside',
): Promise<ModelFile> => {
  const pieces = gather?.(bytes);
  if (pieces === undefined) return { bytes, beside: [] };
  const beside = filesOf(pieces);
  if (split !== undefined && (place === 'beside' || sizeOf(pieces) > MAX_MODEL_BYTES))
    return { ...(await apart(path, split(bytes))), beside };
  return { bytes: await assemble(path, pieces), beside };
};
