/** What it costs that all is recorded. */
import { startService } from '../serving.ts';
import { oneRowRequests } from './requests.ts';
import { type Found, inTurns, ratioOf, rowOfTurns, type Turns, together } from './turns.ts';

/** In pairs of fresh processes: one differs from the next by what its compiler made of it, and by more than recording does. */
export const recording = async (short: boolean): Promise<Found> => {
  const requests = oneRowRequests();
  const pairs: (readonly Turns[])[] = [];
  const dropped: number[] = [];
  for (let pair = 0; pair < (short ? 1 : 5); pair++) {
    const [without, all] = await Promise.all([startService(), startService('--record', 'all')]);
    const measured = [
      { name: 'without', server: without, requests },
      { name: 'with', server: all, requests },
    ];
    pairs.push(await inTurns(measured, { turns: short ? 1 : 3, seconds: short ? 0.3 : 3, connections: 64 }));
    const metrics = await (await fetch(`http://127.0.0.1:${all.port}/metrics`)).text();
    dropped.push(...[...metrics.matchAll(/^millrace_records_dropped_total\{.*\} (\d+)$/gm)].map(([, n]) => Number(n)));
    await Promise.all([without.stop(), all.stop()]);
  }
  const bare = together(pairs.map(([one]) => one));
  const recorded = together(pairs.map(([, one]) => one));
  const name = 'recording all: throughput to without';
  return {
    rows: [
      { ...rowOfTurns('--record none', 64, bare), 'records dropped': null },
      { ...rowOfTurns('--record all', 64, recorded), 'records dropped': dropped.reduce((sum, n) => sum + n, 0) },
    ],
    ratios: { [name]: ratioOf(recorded, bare) },
    goals: { [name]: { atLeast: 0.95 } },
  };
};
