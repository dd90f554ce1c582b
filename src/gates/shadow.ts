/** A comparison of it with the version in place, on the same or on other rows, is over and has found it not worse. */
import type { GateSettings } from '../project/environments.ts';
import type { VerdictNumbers } from '../registry/verdict.ts';
import { type EnvironmentGate, nothingInPlace } from './gate.ts';

export const shadow: EnvironmentGate<GateSettings['shadow']> = async (question, _settings, { registry }) => {
  const { name, candidate, inPlace } = question;
  if (inPlace === undefined) return nothingInPlace(question);
  const { version } = candidate;
  const against = inPlace.version;
  const all = await registry.comparisons({ name, version });
  // The last one counts: an earlier one may have been of another time.
  const last = all.find((one) => one.against === against);
  if (last === undefined || last.verdicts.length === 0) {
    const sentence = `no comparison of ${version} with ${against} is over`;
    return { outcome: 'not enough data', sentence, numbers: { against, comparison: null } };
  }
  const { comparison, verdicts } = last;
  const told = verdicts.map(({ about, outcome, at, numbers }): VerdictNumbers => ({ about, outcome, at, numbers }));
  const numbers = { against, comparison, verdicts: told };
  const worst =
    verdicts.find(({ outcome }) => outcome === 'worse') ?? verdicts.find(({ outcome }) => outcome !== 'better');
  if (worst !== undefined) {
    const outcome = worst.outcome === 'worse' ? 'fail' : 'not enough data';
    return { outcome, sentence: `${comparison}: ${worst.about}: ${worst.sentence}`, numbers };
  }
  const metrics = verdicts.map(({ about }) => about).join(', ');
  return { outcome: 'pass', sentence: `${comparison} found it not worse than ${against}: ${metrics}`, numbers };
};
