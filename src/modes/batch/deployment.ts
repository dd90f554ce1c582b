/** A batch deployment as the rest of this mode wants it: defaults filled in, contradictions refused. */
import { createHash } from 'node:crypto';
import { parseDuration } from '../../core/duration.ts';
import { fail } from '../../core/errors.ts';
import { zoneOf } from '../../core/zone.ts';
import { formatOfName } from '../../files/index.ts';
import type { BatchSettings, ReactionSettings, WindowKind } from '../../project/deployments/batch.ts';
import { type SinkConfig, sinkFlaw } from '../../project/deployments/batch-sink.ts';
import { givenAmong, type PlaceFlaw, type SourceConfig, sourceFlaw } from '../../project/deployments/batch-source.ts';
import { recordShare } from '../../project/deployments/record.ts';
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
  /** By which rule its runs are judged in their reports, as windows of the watch are; what that has unless given. */
  readonly falseAlarmsAYear: number | undefined;
  readonly leastEffect: number | undefined;
  /** Digest of what shapes the output: a run that was left goes on only under the same. */
  readonly settings: string;
}

const SHARD_ROWS = 200_000;
const MAX_REJECTED = 0.01;

const refuse = (name: string, field: string, message: string, expected: string) =>
  fail('BAD_PROJECT', `deployments.${name}.${field}: ${message}`, { field: `deployments.${name}.${field}`, expected });

/** Throws what is wrong with the source or the sink. */
const refusePlace = (name: string, place: 'source' | 'sink', flaw: PlaceFlaw | undefined): void => {
  if (flaw) throw refuse(name, flaw.key === undefined ? place : `${place}.${flaw.key}`, flaw.message, flaw.expected);
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
  const { false_alarms: falseAlarmsAYear, least_effect: leastEffect } = settings.monitor || {};
  refusePlace(name, 'source', sourceFlaw(source));
  refusePlace(
    name,
    'sink',
    sinkFlaw(sink, (file) => formatOfName(file) === 'csv'),
  );
  try {
    zoneOf(zone);
  } catch {
    throw refuse(name, 'zone', `there is no time zone ${zone}`, 'an IANA name such as America/New_York');
  }
  if (settings.schedule !== undefined) readSchedule(settings.schedule, zone, `deployments.${name}.schedule`);
  react.forEach(({ webhook, command }, index) => {
    if (givenAmong({ webhook, command }).length === 1) return;
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
    falseAlarmsAYear,
    leastEffect,
    settings: createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16),
  });
};
