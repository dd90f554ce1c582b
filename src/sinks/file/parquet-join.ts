/**
 * Several Parquet files of one schema become one, without decoding a value: their row groups are copied as they are, and
 * the footers merged with shifted offsets. Field numbers are those of parquet.thrift:
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
import { open } from 'node:fs/promises';
import { fail } from '../../core/errors.ts';
import { fieldOf, readStruct, type ThriftList, type ThriftStruct, type ThriftValue, writeStruct } from './thrift.ts';

const MAGIC = Buffer.from('PAR1');
const BLOCK = 4 * 1024 * 1024;

/** FileMetaData */
const SCHEMA = 2;
const NUM_ROWS = 3;
const ROW_GROUPS = 4;
/** RowGroup */
const COLUMNS = 1;
const GROUP_OFFSET = 5;
const ORDINAL = 7;
/** ColumnChunk */
const CHUNK_OFFSET = 2;
const META_DATA = 3;
const OFFSET_INDEX = 4;
const COLUMN_INDEX = 6;
/** ColumnMetaData: data, index and dictionary pages, bloom filter. */
const PAGE_OFFSETS = [9, 10, 11, 14];

type Handle = Awaited<ReturnType<typeof open>>;

const readAt = async (file: Handle, position: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, position);
  return bytes;
};

const readFooter = async (
  file: Handle,
  path: string,
): Promise<{ readonly meta: ThriftStruct; readonly end: number }> => {
  const { size } = await file.stat();
  const tail = await readAt(file, size - 8, 8);
  if (size < 12 || !tail.subarray(4).equals(MAGIC)) {
    throw fail('BAD_FILE', `${path} is not a whole Parquet file`, {
      expected: 'PAR1 at its end',
      got: `${size} bytes`,
    });
  }
  const length = tail.readUInt32LE(0);
  const end = size - 8 - length;
  return { meta: readStruct(await readAt(file, end, length)), end };
};

const shift = (struct: ThriftStruct, ids: readonly number[], by: bigint): void => {
  for (const id of ids) {
    const field = fieldOf(struct, id);
    // An offset of 0 says that there is none.
    if (field && field.value !== 0n) field.value = (field.value as bigint) + by;
  }
};

const list = (struct: ThriftStruct, id: number): readonly ThriftStruct[] =>
  ((fieldOf(struct, id)?.value as ThriftList | undefined)?.items ?? []) as readonly ThriftStruct[];

const moveGroup = (group: ThriftStruct, by: bigint, ordinal: number): ThriftStruct => {
  shift(group, [GROUP_OFFSET], by);
  for (const column of list(group, COLUMNS)) {
    shift(column, [CHUNK_OFFSET, OFFSET_INDEX, COLUMN_INDEX], by);
    shift((fieldOf(column, META_DATA)?.value ?? []) as ThriftStruct, PAGE_OFFSETS, by);
  }
  const place = fieldOf(group, ORDINAL);
  // 16 bits, for encryption only; Parquet lets it be absent.
  if (place) place.value = BigInt(ordinal & 0x7fff);
  return group;
};

/** Writes all rows of `paths`, in order, to `target`, which is replaced. @throws MillraceError BAD_FILE when their schemas differ. */
export const joinParquet = async (paths: readonly string[], target: string): Promise<void> => {
  const out = await open(target, 'w');
  try {
    // `write` takes what still fits on a disk that is nearly full, and says nothing of the rest; `appendFile` fails.
    await out.appendFile(MAGIC);
    let at = MAGIC.length;
    let first: ThriftStruct | undefined;
    let schema: Buffer | undefined;
    let rows = 0n;
    const groups: ThriftStruct[] = [];
    for (const path of paths) {
      const file = await open(path);
      try {
        const { meta, end } = await readFooter(file, path);
        const own = writeStruct(meta.filter(({ id }) => id === SCHEMA));
        first ??= meta;
        schema ??= own;
        if (!own.equals(schema)) {
          throw fail('BAD_FILE', `${path} has other columns than ${paths[0]}`, { expected: 'one schema', got: path });
        }
        const by = BigInt(at - MAGIC.length);
        for (const group of list(meta, ROW_GROUPS)) groups.push(moveGroup(group, by, groups.length));
        rows += (fieldOf(meta, NUM_ROWS)?.value ?? 0n) as bigint;
        const block = Buffer.allocUnsafe(BLOCK);
        for (let position = MAGIC.length; position < end; ) {
          const { bytesRead } = await file.read(block, 0, Math.min(BLOCK, end - position), position);
          if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
          await out.appendFile(block.subarray(0, bytesRead));
          position += bytesRead;
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
    }
    const changed: Readonly<Record<number, ThriftValue>> = {
      [NUM_ROWS]: rows,
      [ROW_GROUPS]: { element: 12, items: groups },
    };
    const meta = (first ?? []).map((field) => ({ ...field, value: changed[field.id] ?? field.value }));
    const footer = writeStruct(meta);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    await out.appendFile(Buffer.concat([footer, length, MAGIC]));
  } finally {
    await out.close();
  }
};
