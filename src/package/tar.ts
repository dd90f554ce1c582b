/**
 * The ustar format (POSIX.1-1988), the little of it that an OCI layout needs: regular files with short paths. Written
 * without times, owners or anything else of the machine, so that the same files give the same bytes. Web-standard.
 */
import { fail } from '../core/errors.ts';

const BLOCK = 512;
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

/** Files by path, in the order given, as one tar file. */
export const writeTar = (files: ReadonlyMap<string, Uint8Array>): Uint8Array => {
  const padded = (length: number) => Math.ceil(length / BLOCK) * BLOCK;
  let size = 2 * BLOCK;
  for (const bytes of files.values()) size += BLOCK + padded(bytes.length);
  const tar = new Uint8Array(size);
  let at = 0;
  for (const [path, bytes] of files) {
    const header = tar.subarray(at, at + BLOCK);
    const put = (offset: number, text: string) => header.set(encoder.encode(text), offset);
    if (encoder.encode(path).length > 100) throw fail('INTERNAL', `The path ${path} is too long for a tar header.`);
    put(0, path);
    put(100, '0000644\0');
    put(108, '0000000\0');
    put(116, '0000000\0');
    put(124, `${bytes.length.toString(8).padStart(11, '0')}\0`);
    put(136, '00000000000\0');
    put(156, '0');
    put(257, 'ustar\x0000');
    put(148, `${checksum(header).toString(8).padStart(6, '0')}\0 `);
    tar.set(bytes, at + BLOCK);
    at += BLOCK + padded(bytes.length);
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

/**
 * The files of a tar file by path, without copying. Folders are passed over. @throws MillraceError DAMAGED_PACKAGE when a header's
 * checksum is off, a file is cut or stands in it twice, or there is anything where nothing should be.
 */
export const readTar = (tar: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + BLOCK <= tar.length) {
    const header = tar.subarray(at, at + BLOCK);
    if (isZero(header)) {
      const rest = tar.subarray(at);
      if (rest.length < 2 * BLOCK || rest.length % BLOCK !== 0) throw damaged('its end is cut off');
      if (!isZero(rest)) throw damaged('there is something after its end');
      return files;
    }
    const prefix = field(header, 345, 155);
    const path = `${prefix === '' ? '' : `${prefix}/`}${field(header, 0, 100)}`.replace(/^\.\//, '');
    const sum = decoder.decode(header.subarray(148, 156));
    // One flipped byte cannot undo both: this was never a tar file.
    if (at === 0 && field(header, 257, 5) !== 'ustar' && !/^[0-7]{6}/.test(sum)) throw noTar();
    if (sum !== `${checksum(header).toString(8).padStart(6, '0')}\0 `)
      throw damaged(`the header of ${path || 'a file'} is not as it was written`);
    const size = Number.parseInt(field(header, 124, 12), 8);
    const start = at + BLOCK;
    const end = start + size;
    const next = start + Math.ceil(size / BLOCK) * BLOCK;
    if (!(size >= 0) || next > tar.length) throw damaged(`${path} is cut off`);
    if (!isZero(tar.subarray(end, next))) throw damaged(`there is something behind ${path}`);
    const type = String.fromCharCode(header[156]);
    if (type === '0' || type === '\0') {
      if (files.has(path)) throw damaged(`${path} stands in it twice`);
      files.set(path, tar.subarray(start, end));
    } else if (type !== '5') throw damaged(`${path} is not a plain file`);
    at = next;
  }
  throw tar.length < BLOCK ? noTar() : damaged('its end is missing');
};
