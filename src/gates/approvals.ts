/** So many others than its author are for letting it in. */
import type { GateSettings } from '../project/environments.ts';
import type { EnvironmentGate } from './gate.ts';

export const approvals: EnvironmentGate<GateSettings['approvals']> = async (question, { needed }, { registry }) => {
  const { name, environment, candidate } = question;
  const { version } = candidate;
  const [given, versions] = await Promise.all([
    registry.approvals({ name, version, environment }),
    registry.versions(name),
  ]);
  const author = versions.find((one) => one.version === version)?.registeredBy;
  const who = [...new Set(given.map((one) => one.who))].filter((one) => one !== author);
  const numbers = { needed, approvals: who.length, who, author: author ?? null };
  const others = `${who.length} of ${needed} others than ${author} ${needed === 1 ? 'has' : 'have'} approved`;
  if (who.length >= needed) return { outcome: 'pass', sentence: `${others}: ${who.join(', ')}`, numbers };
  const how = `millrace approve ${name}@${version} --for ${environment}`;
  return { outcome: 'not enough data', sentence: `${others}; use: ${how}`, numbers };
};
