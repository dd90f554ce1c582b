/** One process of a service, as the process that started it sees it. */
import { fail } from '../../core/errors.ts';
import { beside } from '../../threads/ended.ts';
import { type Process, startProcess } from '../../threads/start-process.ts';
import type { MemberCalls, ServiceCalls, Start } from './messages.ts';
import type { Told } from './places.ts';

export interface Member extends Process<MemberCalls> {
  /** What it has loaded. */
  readonly told: readonly Told[];
}

/** Milliseconds that one has to end which could not start. */
const END_MS = 5000;

/** Resolves when the member answers requests; `raise` settles what concerns all members. @throws WORKER_LOST; what starting throws */
export const startMember = async (
  start: Start,
  env: NodeJS.ProcessEnv,
  raise: ServiceCalls['raise'],
): Promise<Member> => {
  let told: readonly Told[] | undefined;
  const child = startProcess<MemberCalls>(beside('./member-process', import.meta.url), {
    env,
    own: { raise } satisfies ServiceCalls,
    lost: ({ how }) =>
      told === undefined
        ? fail('WORKER_LOST', `A process of the service has ended (${how}) before it was ready.`, { got: how })
        : fail('UNAVAILABLE', 'A process of the service has ended meanwhile.', {
            expected: 'an answer of every process',
          }),
  });
  try {
    told = await child.ask('start', [start]);
  } catch (error) {
    void child.close(END_MS);
    throw error;
  }
  return Object.assign(child, { told });
};
