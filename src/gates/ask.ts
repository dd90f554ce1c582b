/** Asks the gates of an environment about one version, one after the other, and makes a verdict of what each says. */
import { MillraceError } from '../core/errors.ts';
import type { GateName, GateSettings, PlannedGate } from '../project/environments.ts';
import type { GateVerdict } from '../registry/verdict.ts';
import type { EnvironmentGate, GateAnswer, GateQuestion, GateWorld } from './gate.ts';
import { gates } from './table.ts';

export interface AskOptions extends GateWorld {
  readonly clock: () => Date;
  /** Told of each gate as it is asked. */
  readonly onGate?: ((gate: GateName) => void) | undefined;
}

/** What keeps a gate from being asked is told, and is no pass. */
const unasked = (error: unknown, { signal }: GateWorld): GateAnswer => {
  if (signal?.aborted || !(error instanceof MillraceError)) throw error;
  return { outcome: 'not enough data', sentence: error.message, numbers: { code: error.code } };
};

/** @throws what is no fault of a gate, such as STORE_FAILED of a program's own; the signal's reason */
export const askAll = async (
  planned: readonly PlannedGate[],
  question: GateQuestion,
  options: AskOptions,
): Promise<readonly GateVerdict[]> => {
  const verdicts: GateVerdict[] = [];
  const ask = async <N extends GateName>(name: N, settings: GateSettings[N]): Promise<void> => {
    options.signal?.throwIfAborted();
    options.onGate?.(name);
    const gate: EnvironmentGate<GateSettings[N]> = gates[name];
    const answer = await gate(question, settings, options).catch((error: unknown) => unasked(error, options));
    const { outcome, sentence, numbers } = answer;
    verdicts.push({ asked: 'gate', about: name, outcome, sentence, numbers, at: options.clock().toISOString() });
  };
  const isUntrusted = (): boolean => verdicts.some(({ about, outcome }) => about === 'signed' && outcome !== 'pass');
  // Nothing of a package runs that nobody has vouched for.
  for (const { gate, settings } of planned) if (!isUntrusted()) await ask(gate, settings as GateSettings[typeof gate]);
  return verdicts;
};
