/**
 * The house style as far as a parser can see it. What is let pass stands in a list with its reason; an entry that is no
 * longer needed is a fault too, so that the lists only shrink.
 */
import type { Syntax } from './syntax.ts';

/** What may stay as it is, by name, and why. */
export type Exceptions = Readonly<Record<string, string>>;

/** Lines that a function may have, with those of the functions within it; up to so many where it is listed. */
export const FUNCTION_LINES = 70;
export const MOST_LINES = 100;

const state = 'short closures over one state, which is created, used and closed together';

/** Functions of more than FUNCTION_LINES lines, as `file.ts name`. */
export const longFunctions: Exceptions = {
  'arrivals.ts createArrivals': state,
  'backlog.ts createBacklog': state,
  'better.ts followBetter': state,
  'copy-read.ts readCopy': 'one reader of one binary format',
  'crew.ts createCrew': state,
  'dataplane.ts createDataplane': state,
  'deployment.ts prepareDecide': 'the settings, checked one after the other',
  'folder-blobs.ts folderBlobs': state,
  'group.ts createSeat': state,
  'live.ts createLive': state,
  'log.ts openEmbedded': state,
  'memory.ts openMemories': state,
  'parcel.ts createPacker': state,
  'parquet-writer.ts writeParquet': 'a file from its first row group to its footer',
  'partition.ts openPartition': state,
  'pool.ts createPool': state,
  'predict-file.ts predictFile': 'the way of a file, from its first row to its report',
  'predict.ts predict': 'the way of a micro-batch, from events to predictions and dead letters',
  'publishing.ts createPublishing': state,
  'queue.ts createQueue': state,
  'reader.ts createReader': state,
  'scheduler.ts startScheduler': state,
  'server.ts createRest': state,
  'session.ts openModel': state,
  'sql.ts sqlSource': state,
  'topics.ts createTopics': state,
  'write-nodes.ts createNodeWriter': state,
};

/** Files with `as unknown as`, and where what it vouches for comes from. */
export const casts: Exceptions = {
  'bell.ts': 'a call that came over the wire',
  'bind.ts': 'a view of any element type, as a list',
  'column-parts.ts': 'a column of the type that its parts have',
  'tensor.ts': 'a view of any element type, as a list',
  'cells.ts': 'a view of any element type, as a list',
  'rows.ts': 'a column of the type that it was picked from',
  'onnx.node.ts': "ONNX Runtime's session, as far as it is used",
  'onnx.web.ts': "ONNX Runtime's session, as far as it is used",
  'files.ts': 'a position that this source has written',
  'sql.ts': 'a position that this source has written',
  'exact-json.ts': 'a part of JSON that the types do not know yet',
  'group.ts': 'rows of the database',
  'topics.ts': 'rows of the database',
  'transactions.ts': "a form of the client's message that its types do not know",
  'metric.ts': 'what prom-client asks of a metric',
  'open-kernel.ts': 'exports of WebAssembly',
  'parcels.ts': 'a place within a list of anything',
};

const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What was found and is in no list, and what a list has that was not found. */
const against = (found: ReadonlyMap<string, string>, listed: Exceptions): readonly string[] => [
  ...[...found].filter(([name]) => !Object.hasOwn(listed, name)).map(([name, what]) => `${name}: ${what}`),
  ...Object.keys(listed)
    .filter((name) => !found.has(name))
    .map((name) => `${name}: needs no exception any more`),
];

/** Functions of more than `most` lines that are not listed. */
const longer = (sources: ReadonlyMap<string, Syntax>, most: number): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const [path, { functions }] of sources) {
    for (const { name, lines } of functions) {
      if (lines > most) found.set(`${fileOf(path)} ${name}`, `${lines} lines, at most ${most}`);
    }
  }
  return found;
};

export const tooLong = (sources: ReadonlyMap<string, Syntax>, long: Exceptions = longFunctions): readonly string[] => [
  ...against(longer(sources, FUNCTION_LINES), long),
  ...against(longer(sources, MOST_LINES), {}),
];

export const blindCasts = (sources: ReadonlyMap<string, Syntax>, listed: Exceptions = casts): readonly string[] => {
  const found = new Map<string, string>();
  for (const [path, { casts: lines }] of sources) {
    if (lines.length > 0) found.set(fileOf(path), `casts through unknown in line ${lines.join(', ')}`);
  }
  return against(found, listed);
};

/** Constants of plain values that are not in UPPER_CASE. */
export const lowerCase = (sources: ReadonlyMap<string, Syntax>): readonly string[] =>
  [...sources].flatMap(([path, { constants }]) =>
    constants
      .filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))
      .map((name) => `${fileOf(path)} ${name}: a plain value is in UPPER_CASE, with its unit`),
  );

/** `listed` holds the names that may occur more than once. */
export const doubleNames = (sources: ReadonlyMap<string, Syntax>, listed: Exceptions): readonly string[] => {
  const places = new Map<string, string[]>();
  for (const [path, { types }] of sources) {
    for (const name of types) places.set(name, [...(places.get(name) ?? []), path]);
  }
  const twice = [...places].filter(([, paths]) => paths.length > 1);
  return against(new Map(twice.map(([name, paths]) => [name, paths.join(' and ')])), listed);
};

/** A file that holds invariants says them in its first comment, and one that says some holds them. */
export const unsaidInvariants = (texts: ReadonlyMap<string, string>): readonly string[] =>
  [...texts].flatMap(([path, text]) => {
    const first = text.startsWith('/**') ? text.slice(0, text.indexOf('*/')) : '';
    const says = first.includes('\n * Invariants: ');
    const holds = /\binvariant\(/.test(text) && !/export function invariant\(/.test(text);
    if (says === holds) return [];
    return [
      `${path}: ${says ? 'says invariants and holds none' : 'holds invariants that its first comment does not say'}`,
    ];
  });
