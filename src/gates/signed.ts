/** Somebody has signed it whom the project trusts. */
import type { GateSettings } from '../project/environments.ts';
import type { EnvironmentGate } from './gate.ts';

export const signed: EnvironmentGate<GateSettings['signed']> = async ({ candidate }, { by }) => {
  const { signed: all, trusted, signatures } = await candidate.signers();
  const wanted = by ?? trusted;
  const who = all.filter((name) => wanted.includes(name));
  const numbers = { signed: all, wanted, signatures };
  if (who.length > 0) return { outcome: 'pass', sentence: `signed by ${who.join(', ')}`, numbers };
  if (wanted.length === 0)
    return { outcome: 'fail', sentence: 'trust in millrace.yaml names nobody whose signature counts', numbers };
  const there = signatures === 0 ? 'it has no signature' : `none of its signatures (${signatures}) is theirs and holds`;
  return { outcome: 'fail', sentence: `${wanted.join(', ')} may sign it, and ${there}`, numbers };
};
