import { MillraceError } from '../src/core/errors.ts';
import { packed } from './contracts/packages.ts';
import { open } from './contracts/stores.ts';

/** One process of the tests in registry-processes.test.ts. Its first argument is a `Work` as JSON. */
export type Work =
  | {
      readonly kind: 'mix';
      readonly url: string;
      readonly folder?: string | undefined;
      readonly id: string;
      readonly rounds: number;
    }
  | { readonly kind: 'register'; readonly url: string; readonly folder?: string | undefined; readonly round: number };

/** What a `mix` tells at its end, as one line of JSON. */
export interface MixReport {
  readonly registered: readonly string[];
  /** Versions that both processes register with other bytes: which of them this one won. */
  readonly won: readonly string[];
  readonly lost: readonly string[];
  /** Rows that it has added to the history. */
  readonly moves: number;
  readonly errors: readonly string[];
  /** The longest that one call took, in milliseconds. */
  readonly longest: number;
}

const environments = ['development', 'staging', 'production'];

/** The same numbers on every run (Park and Miller 1988, the multiplier 48271). */
const random = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
};

const mix = async (work: Work & { readonly kind: 'mix' }): Promise<MixReport> => {
  const { registry } = await open(work, { who: work.id });
  const pick = random(work.id === 'a' ? 11 : 4711);
  const registered: string[] = [];
  const won: string[] = [];
  const lost: string[] = [];
  const errors: string[] = [];
  let moves = 0;
  let longest = 0;
  const attempt = async <T>(allowed: string, call: () => Promise<T>): Promise<T | undefined> => {
    const start = performance.now();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== allowed) errors.push(String(error));
      return undefined;
    } finally {
      longest = Math.max(longest, performance.now() - start);
    }
  };
  for (let round = 0; round < work.rounds; round++) {
    const own = `${round + 1}.0.0-${work.id}`;
    if ((await attempt('', () => registry.register(packed('ride', own))))?.added) registered.push(own);
    const shared = `${round + 1}.1.0`;
    const result = await attempt('VERSION_TAKEN', () => registry.register(packed('ride', shared, work.id)));
    (result?.added ? won : lost).push(shared);
    for (let i = 0; i < 4; i++) {
      const env = environments[pick(3)] ?? '';
      const why = `round ${round}`;
      const moved =
        pick(3) === 0
          ? await attempt('NOTHING_TO_ROLL_BACK', () => registry.rollback({ name: 'ride', env, why }))
          : await attempt('', () =>
              registry.promote({ name: 'ride', version: registered[pick(registered.length)] ?? '', to: env, why }),
            );
      if (moved?.changed) moves++;
    }
    await attempt('', () => registry.models());
  }
  await registry.close();
  return { registered, won, lost, moves, errors, longest };
};

/** Registers versions of half a megabyte until it is killed, and prints each one that is safely there. */
const registerForEver = async (work: Work & { readonly kind: 'register' }): Promise<never> => {
  const { registry } = await open(work);
  for (let i = 0; ; i++) {
    const version = `${work.round}.${i}.0`;
    const layers = Array.from({ length: 4 }, (_, layer) => new Uint8Array(120_000).fill(i).fill(layer, 0, 1000));
    await registry.register(packed('ride', version, '', layers));
    process.stdout.write(`${version}\n`);
  }
};

const work = JSON.parse(process.argv[2] ?? '') as Work;
if (work.kind === 'register') await registerForEver(work);
else process.stdout.write(JSON.stringify(await mix(work)));
