/** What it costs that callers have keys. */
import { startService, startServiceWithKeys } from '../serving.ts';
import { oneRowRequests } from './requests.ts';
import { type Found, inTurns, ratioOf, rowOfTurns, type Turns, together } from './turns.ts';

/** Keys that callers come with, one after the other. */
const KEYS = 100;

/** In pairs of fresh processes, as `recording` has it. */
export const keys = async (short: boolean): Promise<Found> => {
  const pairs: (readonly Turns[])[] = [];
  for (let pair = 0; pair < (short ? 1 : 5); pair++) {
    const [open, guarded] = await Promise.all([startService(), startServiceWithKeys(KEYS)]);
    const asked = guarded.secrets.flatMap((secret) =>
      oneRowRequests({ authorization: `Bearer ${secret}` }).slice(0, short ? 1 : 8),
    );
    const measured = [
      { name: 'without', server: open, requests: oneRowRequests() },
      { name: 'with', server: guarded.server, requests: asked },
    ];
    pairs.push(await inTurns(measured, { turns: short ? 1 : 3, seconds: short ? 0.3 : 3, connections: 64 }));
    await Promise.all([open.stop(), guarded.server.stop()]);
  }
  const bare = together(pairs.map(([one]) => one));
  const known = together(pairs.map(([, one]) => one));
  const name = 'with keys: throughput to without';
  return {
    rows: [rowOfTurns('--no-auth', 64, bare), rowOfTurns('--auth', 64, known)],
    ratios: { [name]: ratioOf(known, bare) },
    goals: { [name]: { atLeast: 0.97 } },
  };
};
