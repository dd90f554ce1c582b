/** What is looked at of a file, or a folder, to tell what it is: a piece of its beginning and of its end. Nothing of it is run. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync, inflateSync, constants as zlib } from 'node:zlib';
import { fail, messageOf } from '../../core/errors.ts';
import { type ZipMembers, zipMembers } from './zip-members.ts';

const HEAD_BYTES = 64 * 1024;
/** Where an archive lists what is in it. */
const TAIL_BYTES = 256 * 1024;
/** Deflate makes at most some thousand bytes of one. */
const PACKED_BYTES = 4096;
const MAX_ENTRIES = 10_000;

export type Compression = 'gzip' | 'zlib' | 'bzip2' | 'xz' | 'lzma' | 'lz4' | 'zstd';

export interface Peek {
  /** Of the file, without its folder. */
  readonly name: string;
  readonly bytes: number;
  /** Its first and last bytes, each byte a character. */
  readonly head: string;
  readonly tail: string;
  readonly compression?: Compression;
  /** How what was compressed begins, where that can be told from the first bytes. */
  readonly inside: string;
  /** Of a zip file. */
  readonly zip?: ZipMembers;
  /** Of a folder: the names in it. */
  readonly entries?: readonly string[];
}

/** How compressed files begin; zlib says in its second byte how hard it tried. */
const SIGNATURES: Readonly<Record<Compression, readonly string[]>> = {
  gzip: ['\x1f\x8b\x08'],
  zlib: ['\x78\x01', '\x78\x5e', '\x78\x9c', '\x78\xda'],
  bzip2: ['BZh'],
  xz: ['\xfd7zXZ\0'],
  lzma: ['\x5d\0\0'],
  lz4: ['\x04\x22\x4d\x18'],
  zstd: ['\x28\xb5\x2f\xfd'],
};
const compressionOf = (head: string): Compression | undefined =>
  (Object.keys(SIGNATURES) as Compression[]).find((one) => SIGNATURES[one].some((begin) => head.startsWith(begin)));

const inflated = (head: string, compression: Compression | undefined): string => {
  if (compression !== 'gzip' && compression !== 'zlib') return '';
  const packed = Buffer.from(head.slice(0, PACKED_BYTES), 'latin1');
  try {
    const inflate = compression === 'gzip' ? gunzipSync : inflateSync;
    return inflate(packed, { finishFlush: zlib.Z_SYNC_FLUSH }).toString('latin1', 0, HEAD_BYTES);
  } catch {
    return '';
  }
};

const readAt = async (file: FileHandle, at: number, bytes: number): Promise<string> => {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  return buffer.toString('latin1', 0, bytesRead);
};

const peekFile = async (path: string, bytes: number): Promise<Peek> => {
  const file = await open(path);
  try {
    const head = await readAt(file, 0, Math.min(bytes, HEAD_BYTES));
    const from = Math.max(0, bytes - TAIL_BYTES);
    const tail = await readAt(file, from, bytes - from);
    const compression = compressionOf(head);
    return {
      name: basename(path),
      bytes,
      head,
      tail,
      ...(compression && { compression }),
      inside: inflated(head, compression),
      ...(head.startsWith('PK\x03\x04') && { zip: zipMembers(head, tail) }),
    };
  } finally {
    await file.close();
  }
};

/** Undefined for what can be read only once, such as a pipe. @throws FILE_NOT_FOUND */
export const peekAt = async (path: string): Promise<Peek | undefined> => {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      const entries = (await readdir(path)).slice(0, MAX_ENTRIES).sort();
      return { name: basename(path), bytes: 0, head: '', tail: '', inside: '', entries };
    }
    return stats.isFile() ? await peekFile(path, stats.size) : undefined;
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fail('FILE_NOT_FOUND', `Cannot read ${path}: ${isAbsent ? 'there is no such file' : messageOf(cause)}.`, {
      expected: 'a file that can be read',
      got: path,
      cause,
    });
  }
};
