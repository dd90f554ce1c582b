/** What a record and a count of a row cost, in processor time: the thread that answers, and all others of the process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fields } from '../src/core/types.ts';
import { createPredictionIds } from '../src/modes/service/ids.ts';
import type { Answered, Answerer } from '../src/monitor/answered.ts';
import { type Reference, referenceOf } from '../src/monitor/profile/reference.ts';
import { createRecorder, type Recorder } from '../src/monitor/recorder.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { rowOf, some } from './service/requests.ts';

export const summary = 'Records and profiles of rows of 16 numbers: processor time a row';

/** Calls a second, a few at a time, as a service answers them. */
const RATE = 8000;
const GROUP = 16;

const rows = some(256, rowOf);
const texts = rows.map((row) => JSON.stringify(row));
const names = Object.keys(rows[0]);
const inputs: Fields = Object.fromEntries(names.map((name) => [name, { kind: 'number' }]));
const outputs: Fields = { y: { kind: 'number' } };
const columns = Object.fromEntries(names.map((name) => [name, Float64Array.from(rows, (row) => row[name])]));
const reference: Reference = {
  rows: rows.length,
  inputs: referenceOf(inputs, columns),
  outputs: referenceOf(outputs, { y: columns.f0 }),
};
const model: Answerer = {
  ref: 'trees@production',
  name: 'trees',
  version: '1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  manifest: { inputs, outputs },
  reference,
};

type Way = (recorder: Recorder, call: Answered) => unknown;
const ways: Readonly<Record<string, Way>> = {
  neither: () => undefined,
  recorded: (recorder, call) => recorder.record(call),
  counted: (recorder, call) => recorder.count(call),
  'recorded and counted': (recorder, call) => {
    recorder.count(call);
    return recorder.record(call);
  },
};

const micros = ({ user, system }: NodeJS.CpuUsage): number => user + system;

/** Microseconds a call: of this thread, and of all others. */
const measure = async (way: Way, calls: number): Promise<{ readonly own: number; readonly others: number }> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const recorder = await createRecorder({ url: `sqlite:${join(folder, 'm.db')}`, share: 1, days: 30, most: 1e7 });
  const newId = createPredictionIds();
  const answer = async (from: number, to: number): Promise<void> => {
    for (let call = from; call < to; call += GROUP) {
      for (let at = call; at < call + GROUP; at++) {
        const json = { text: texts[at & 255], many: undefined };
        const content = { rows: [rows[at & 255]], answers: [{ output: { y: at } }], json, texts: [`{"y":${at}}`] };
        way(recorder, { id: newId(), model, ms: 1.25, content });
      }
      await pause((1000 * GROUP) / RATE);
    }
  };
  await answer(0, calls / 4);
  const [before, own] = [process.cpuUsage(), process.threadCpuUsage()];
  await answer(0, calls);
  await pause(300);
  const spent = { own: micros(process.threadCpuUsage(own)), all: micros(process.cpuUsage(before)) };
  await recorder.close();
  rmSync(folder, { recursive: true });
  return { own: spent.own / calls, others: (spent.all - spent.own) / calls };
};

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const found: Record<string, { readonly own: number; readonly others: number }> = {};
  for (const [name, way] of Object.entries(ways)) found[name] = await measure(way, short ? 1600 : 40_000);
  const { own, others } = found.neither;
  const beyond = (name: string): number => found[name].own + found[name].others - own - others;
  return {
    rows: Object.entries(found).map(([name, spent]) => ({
      rows: name,
      'answering thread, µs/row': spent.own,
      'other threads, µs/row': spent.others,
    })),
    ratios: { 'recorded, µs/row': beyond('recorded'), 'counted, µs/row': beyond('counted') },
  };
};
