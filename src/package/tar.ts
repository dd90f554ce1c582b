/**
 * The ustar format (POSIX.1-1988), the little of it that an OCI layout needs: regular files with short paths. Written
 * without times, owners or anything else of the machine, so that the same files give the same bytes. Web-standard.
 */
import { fail } from '../core/errors.ts';
import type { FilePart, Weights } from '../core/weights.ts';

const BLOCK = 512;
/** Looked through at a time behind the end, where there are zeros. */
const MOST_END_BYTES = 2 ** 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const damaged = (what: string, advice = '') =>
  fail('DAMAGED_PACKAGE', `The package file is damaged: ${what}${advice}.`, {
    expected: 'a tar file as millrace pack writes it',
    got: what,
  });

const checksum = (header: Uint8Array): number => {
  let sum = 0;
  for (let index = 0; index < BLOCK; index++) sum += index >= 148 && index < 156 ? 32 : header[index];
  return sum;
};

/** Sizes from here on are no octal digits but a number in base 256, whose first bit says so (GNU tar). */
const LARGE_BYTES = 8 ** 11;

const padded = (length: number): number => Math.ceil(length / BLOCK) * BLOCK;

/** What stands before the bytes of a file. */
const headerOf = (path: string, length: number): Uint8Array => {
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, text: string) => header.set(encoder.encode(text), offset);
  if (encoder.encode(path).length > 100) throw fail('INTERNAL', `The path ${path} is too long for a tar header.`);
  put(0, path);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  if (length < LARGE_BYTES) put(124, `${length.toString(8).padStart(11, '0')}\0`);
  else {
    header[124] = 128;
    new DataView(header.buffer).setBigUint64(128, BigInt(length));
  }
  put(136, '00000000000\0');
  put(156, '0');
  put(257, 'ustar\x0000');
  put(148, `${checksum(header).toString(8).padStart(6, '0')}\0 `);
  return header;
};

/** A piece of a tar file: bytes, or what lies in files. */
export type TarPiece = Uint8Array | FilePart;

/** Files by path, in the order given, as the pieces of one tar file. */
export const tarPieces = (files: ReadonlyMap<string, Uint8Array | Weights>): readonly TarPiece[] => [
  ...[...files].flatMap(([path, content]): readonly TarPiece[] => {
    const length = content instanceof Uint8Array ? content.length : content.size;
    const pieces = content instanceof Uint8Array ? [content] : content.parts;
    return [headerOf(path, length), ...pieces, new Uint8Array(padded(length) - length)];
  }),
  new Uint8Array(2 * BLOCK),
];

/** Files by path, in the order given, as one tar file. */
export const writeTar = (files: ReadonlyMap<string, Uint8Array>): Uint8Array => {
  const pieces = tarPieces(files) as readonly Uint8Array[];
  const tar = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    tar.set(piece, at);
    at += piece.length;
  }
  return tar;
};

const noTar = () => damaged('it is no tar file', '; a model becomes a package with millrace init and millrace pack');

const field = (header: Uint8Array, start: number, length: number): string => {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
};

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

const sizeIn = (header: Uint8Array): number =>
  header[124] === 128
    ? Number(new DataView(header.buffer, header.byteOffset).getBigUint64(128))
    : Number.parseInt(field(header, 124, 12), 8);

/** From one byte of a tar file to another. */
export interface TarRange {
  readonly start: number;
  readonly end: number;
}

export interface TarFiles {
  /** Of `most` bytes and less; others were not read. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Where every file lies. */
  readonly ranges: ReadonlyMap<string, TarRange>;
}

/**
 * Walks through a tar file of so many bytes: asks for ranges of it, and is given their bytes. @throws MillraceError
 * DAMAGED_PACKAGE when a header's checksum is off, a file is cut or stands in it twice, or there is anything where nothing should be.
 */
export function* walkTar(size: number, most: number): Generator<TarRange, TarFiles, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const ranges = new Map<string, TarRange>();
  let at = 0;
  while (at + BLOCK <= size) {
    const header = yield { start: at, end: at + BLOCK };
    if (isZero(header)) {
      const rest = size - at;
      if (rest < 2 * BLOCK || rest % BLOCK !== 0) throw damaged('its end is cut off');
      for (let from = at; from < size; from += MOST_END_BYTES)
        if (!isZero(yield { start: from, end: Math.min(size, from + MOST_END_BYTES) }))
          throw damaged('there is something after its end');
      return { files, ranges };
    }
    const prefix = field(header, 345, 155);
    const path = `${prefix === '' ? '' : `${prefix}/`}${field(header, 0, 100)}`.replace(/^\.\//, '');
    const sum = decoder.decode(header.subarray(148, 156));
    // One flipped byte cannot undo both: this was never a tar file.
    if (at === 0 && field(header, 257, 5) !== 'ustar' && !/^[0-7]{6}/.test(sum)) throw noTar();
    if (sum !== `${checksum(header).toString(8).padStart(6, '0')}\0 `)
      throw damaged(`the header of ${path || 'a file'} is not as it was written`);
    const length = sizeIn(header);
    const start = at + BLOCK;
    const end = start + length;
    const next = start + padded(length);
    const type = String.fromCharCode(header[156]);
    if (!(length >= 0) || next > size) throw damaged(`${path} is cut off`);
    const isLarge = length > most;
    const bytes = yield { start: isLarge ? end : start, end: next };
    if (!isZero(isLarge ? bytes : bytes.subarray(length))) throw damaged(`there is something behind ${path}`);
    if (type === '0' || type === '\0') {
      if (ranges.has(path)) throw damaged(`${path} stands in it twice`);
      ranges.set(path, { start, end });
      if (!isLarge) files.set(path, bytes.subarray(0, length));
    } else if (type !== '5') throw damaged(`${path} is not a plain file`);
    at = next;
  }
  throw size < BLOCK ? noTar() : damaged('its end is missing');
}

/** The files of a tar file by path, without copying. Folders are passed over. @throws MillraceError as `walkTar` */
export const readTar = (tar: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const walk = walkTar(tar.length, tar.length);
  let step = walk.next();
  while (!step.done) step = walk.next(tar.subarray(step.value.start, step.value.end));
  return step.value.files;
};
