/** The own runtime beside ONNX Runtime on the same packages: one row through a scorer, and a batch through a session. */
import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createApp } from '../src/app.ts';
import type { ModelSession, Scorer, Tensor } from '../src/core/types.ts';
import type { Package } from '../src/package/layout.ts';
import { loadScorer } from '../src/package/open.ts';
import { runtimes } from '../src/runtimes/index.ts';
import { openInNode } from '../src/runtimes/open.node.ts';

const root = join(import.meta.dirname, '..');
const BATCH = 1024;
/** Calls to a measurement, so that it is longer than the clock is coarse. */
const SINGLES = 50;

export interface RuntimeFigures {
  readonly model: string;
  /** Microseconds of `scorer.score([row])`, and nanoseconds a row of a run of 1,024: own, ONNX Runtime. */
  readonly one: readonly [number, number];
  readonly batch: readonly [number, number];
}

const least = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)];

/** Milliseconds of each, in turns; the 10th percentile. */
export const inTurns = async (turns: number, ways: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> => {
  const times: number[][] = ways.map(() => []);
  for (let turn = -3; turn < turns; turn++)
    for (const [index, way] of ways.entries()) {
      const began = performance.now();
      await way();
      if (turn >= 0) times[index].push(performance.now() - began);
    }
  return times.map(least);
};

/** What a scorer feeds its session with for a batch of the examples. */
const feedsOf = async (found: Package, session: ModelSession): Promise<Readonly<Record<string, Tensor>>> => {
  let feeds: Readonly<Record<string, Tensor>> = {};
  const spy: ModelSession = {
    ...session,
    run(given, names) {
      feeds = given;
      return session.run(given, names);
    },
    close: async () => {},
  };
  const scorer = await loadScorer(found, async () => spy);
  await scorer.score(Array.from({ length: BATCH }, (_, row) => found.examples[row % found.examples.length].input));
  return feeds;
};

const measure = async (found: Package, short: boolean): Promise<RuntimeFigures> => {
  const file = found.files.get('model.onnx') ?? new Uint8Array();
  const sessions = [await openInNode(file, runtimes.trees), await openInNode(file, runtimes.onnxruntime)];
  const scorers: Scorer[] = [];
  for (const session of sessions)
    scorers.push(await loadScorer(found, async () => ({ ...session, close: async () => {} })));
  const feeds = await feedsOf(found, sessions[0]);
  const names = sessions[0].outputs.map(({ name }) => name);
  const rows = found.examples.map(({ input }) => [input]);
  const [ownOne, theirOne] = await inTurns(
    short ? 2 : 60,
    scorers.map((scorer) => async () => {
      for (let call = 0; call < SINGLES; call++) await scorer.score(rows[call % rows.length]);
    }),
  );
  const [ownBatch, theirBatch] = await inTurns(
    short ? 2 : 60,
    sessions.map((session) => () => session.run(feeds, names)),
  );
  await Promise.all(sessions.map((session) => session.close()));
  const [micro, nano] = [1000 / SINGLES, 1e6 / BATCH];
  return {
    model: found.manifest.name,
    one: [ownOne * micro, theirOne * micro],
    batch: [ownBatch * nano, theirBatch * nano],
  };
};

/** Every example model, and the trees of the other measurements. */
export const compareRuntimes = async (short: boolean): Promise<readonly RuntimeFigures[]> => {
  const app = createApp({ cwd: root, env: { HOME: root, MILLRACE_REGISTRY: 'sqlite::memory:' } });
  const folders = ['bench/models/*/model.yaml', 'examples/*/models/*/model.yaml'].flatMap((place) =>
    globSync(place, { cwd: root }).map((path) => dirname(path)),
  );
  const figures: RuntimeFigures[] = [];
  for (const folder of folders.filter((path) => !basename(path).startsWith('.')))
    figures.push(await measure(await app.open(`./${folder}`), short));
  await app.close();
  return figures;
};
