/** Its golden examples are answered as they should be, in a process of its own, with limits of time and memory. */
import { MillraceError } from '../core/errors.ts';
import type { GateSettings } from '../project/environments.ts';
import type { EnvironmentGate, GateAnswer } from './gate.ts';

export const examples: EnvironmentGate<GateSettings['examples']> = async ({ candidate }): Promise<GateAnswer> => {
  const { examples: count } = candidate;
  if (count === 0) {
    const sentence = 'the package has no golden examples (examples: in model.yaml)';
    return { outcome: 'not enough data', sentence, numbers: { examples: 0 } };
  }
  try {
    await candidate.prove();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { outcome: 'fail', sentence: error.message, numbers: { examples: count, code: error.code } };
  }
  const sentence =
    count === 1 ? 'its golden example is answered right' : `all ${count} golden examples are answered right`;
  return { outcome: 'pass', sentence, numbers: { examples: count } };
};
