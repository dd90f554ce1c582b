/** A batch deployment as the rest of this mode wants it: defaults filled in, contradictions refused. */
import { createHash } from 'node:crypto';
import { parseDuration } from '../../core/duration.ts';
import { fail } from '../../core/errors.ts';
import { zoneOf } from '../../core/zone.ts';
import { formatOfName } from '../../files/index.ts';
import type { BatchSettings, ReactionSettings, WindowKind } from '../../project/deployments/batch.ts';
import { recordShare } from '../../project/deployments/record.ts';
import type { SinkConfig } from '../../sinks/index.ts';
import type { SourceConfig } from '../../sources/index.ts';
import { readSchedule } from './schedule.ts';

export interface BatchDeployment {
  readonly name: string;
  readonly model: string;
  readonly source: SourceConfig;
  readonly sink: SinkConfig;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly window: WindowKind | undefined;
  readonly zone: string;
  readonly schedule: string | undefined;
  readonly overlap: 'wait' | 'skip';
  readonly catchUp: number;
  /** A share, from 0 to 1. */
  readonly maxRejected: number;
  readonly shardRows: number;
  readonly workers: number;
  /** Milliseconds that a row may take of a model that is not known to be safe. */
  readonly rowMs: number;
  /** Milliseconds. */
  readonly patience: number;
  /** Which part of the rows leaves a record, from 0 to 1. */
  readonly record: number;
  readonly react: readonly ReactionSettings[];
  /** Digest of what shapes the output: a run that was left goes on only under the same. */
  readonly settings: string;
}

const SHARD_ROWS = 200_000;
const MAX_REJECTED = 0.01;

const refuse = (name: string, field: string, message: string, expected: string) =>
  fail('BAD_PROJECT', `deployments.${name}.${field}: ${message}`, { field: `deployments.${name}.${field}`, expected });

const exactlyOne = (values: Readonly<Record<string, unknown>>): boolean =>
  Object.values(values).filter((value) => value !== undefined).length === 1;

const checkSource = (name: string, { connection, sql, table, files, format, missing_columns }: SourceConfig): void => {
  const expected = 'connection with sql or table, or files';
  if (!exactlyOne({ sql, table, files }))
    throw refuse(name, 'source', `expected one of sql, table and files`, expected);
  if ((files === undefined) !== (connection !== undefined)) {
    const message = files === undefined ? 'sql and table need a connection' : 'files have no connection';
    throw refuse(name, 'source', message, expected);
  }
  if (files === undefined && format !== undefined)
    throw refuse(name, 'source.format', 'only files have a format', expected);
  if (files === undefined && missing_columns !== undefined)
    throw refuse(name, 'source.missing_columns', 'only files may lack columns', expected);
};

const checkSink = (name: string, { connection, table, file, format, csv_safe }: SinkConfig): void => {
  const expected = 'connection with table, or file';
  if (!exactlyOne({ table, file })) throw refuse(name, 'sink', 'expected one of table and file', expected);
  if ((file === undefined) !== (connection !== undefined)) {
    throw refuse(
      name,
      'sink',
      file === undefined ? 'a table needs a connection' : 'a file has no connection',
      expected,
    );
  }
  if (file === undefined && format !== undefined)
    throw refuse(name, 'sink.format', 'only a file has a format', expected);
  if (csv_safe && (file === undefined || (format ?? formatOfName(file)) !== 'csv'))
    throw refuse(
      name,
      'sink.csv_safe',
      'only a CSV file can be made safe for spreadsheets',
      'a file that ends in .csv',
    );
};

const shareOf = (name: string, given: number | string): number => {
  const share = typeof given === 'number' ? given : Number(given.replace('%', '')) / 100;
  if (share >= 0 && share <= 1) return share;
  throw refuse(name, 'max_rejected', `${given} is not a share`, 'from 0% to 100%');
};

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

/** @throws BAD_PROJECT, naming the setting. */
export const readDeployment = (name: string, settings: BatchSettings): BatchDeployment => {
  const { model, source, zone = 'UTC', react = [] } = settings;
  const { key, columns = [], ...sink } = settings.sink;
  checkSource(name, source);
  checkSink(name, sink);
  try {
    zoneOf(zone);
  } catch {
    throw refuse(name, 'zone', `there is no time zone ${zone}`, 'an IANA name such as America/New_York');
  }
  if (settings.schedule !== undefined) readSchedule(settings.schedule, zone, `deployments.${name}.schedule`);
  react.forEach(({ webhook, command }, index) => {
    if (exactlyOne({ webhook, command })) return;
    throw refuse(name, `react[${index}]`, 'expected one of webhook and command', 'a webhook, or a command');
  });
  const keys = listOf(key);
  const shape = { source, sink, key: keys, columns, window: settings.window, zone, shardRows: settings.shard_rows };
  return Object.freeze({
    name,
    model,
    source,
    sink,
    key: keys,
    columns,
    window: settings.window,
    zone,
    schedule: settings.schedule,
    overlap: settings.overlap ?? 'wait',
    catchUp: settings.catch_up ?? 0,
    maxRejected: settings.max_rejected === undefined ? MAX_REJECTED : shareOf(name, settings.max_rejected),
    shardRows: settings.shard_rows ?? SHARD_ROWS,
    workers: settings.workers ?? 1,
    rowMs: parseDuration(settings.timeout ?? '1m', 'timeout'),
    patience: parseDuration(settings.patience ?? '1h', 'patience'),
    record: recordShare(settings.record),
    react,
    settings: createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16),
  });
};
