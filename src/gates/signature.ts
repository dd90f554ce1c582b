/** What callers send today is still accepted, and what they read is still there. */
import { breaksOf, diffSignatures } from '../diff/signatures.ts';
import type { GateSettings } from '../project/environments.ts';
import { type EnvironmentGate, nothingInPlace } from './gate.ts';

export const signature: EnvironmentGate<GateSettings['signature']> = async (question) => {
  const { candidate, inPlace } = question;
  if (inPlace === undefined) return nothingInPlace(question);
  const diff = diffSignatures(inPlace.manifest, candidate.manifest);
  const breaks = breaksOf(diff);
  const numbers = { against: inPlace.version, changed: diff.fields.length + diff.rules.length, breaks };
  if (breaks.length > 0) {
    const sentence = `callers of ${inPlace.version} would notice: ${breaks.join('; ')}`;
    return { outcome: 'fail', sentence, numbers };
  }
  const changed = numbers.changed === 0 ? 'the same as' : 'takes and gives all that callers know of';
  return { outcome: 'pass', sentence: `${changed} ${inPlace.version}`, numbers };
};
