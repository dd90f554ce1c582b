/** The version stands in another environment now: it has gone through what that one asks. */
import type { GateSettings } from '../project/environments.ts';
import type { EnvironmentGate } from './gate.ts';

export const from: EnvironmentGate<GateSettings['from']> = async (
  { name, candidate: { version } },
  { environment },
  world,
) => {
  const pointers = await world.registry.pointers(name);
  const pointer = pointers.find((one) => one.environment === environment);
  if (pointer === undefined) {
    return { outcome: 'fail', sentence: `${environment} is empty`, numbers: { environment, version: null } };
  }
  const numbers = { environment, version: pointer.version, since: pointer.since };
  if (pointer.version === version) {
    return { outcome: 'pass', sentence: `it is in ${environment} since ${pointer.since}`, numbers };
  }
  return { outcome: 'fail', sentence: `${environment} has ${pointer.version}, not ${version}`, numbers };
};
