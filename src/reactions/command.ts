/** A command of the user's, which gets the alerts as JSON on standard input. */
import { nameOfCommand, runCommand } from '../channels/run-command.ts';
import { messageOf } from '../core/errors.ts';
import type { AlertMessage } from '../monitor/alerts/alert.ts';
import { type ReactionWork, worstOf } from './reaction.ts';
import { keepTail } from './tail.ts';

/** Where commands of reactions run. */
export interface CommandWorld {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Tries of a command that ends with anything but 0. */
const MOST_TRIES = 3;

/** What fired, for commands that read no JSON. */
export const toldEnv = (message: AlertMessage): NodeJS.ProcessEnv => {
  const { concern, model, version, fingerprint, sentence } = worstOf(message);
  return {
    MILLRACE_DEPLOYMENT: message.deployment,
    MILLRACE_IDEMPOTENCY_KEY: message.id,
    MILLRACE_ALERT: fingerprint,
    MILLRACE_CONCERN: concern,
    MILLRACE_FIELDS: message.alerts.flatMap(({ field }) => (field === undefined ? [] : [field])).join(','),
    MILLRACE_MODEL: model,
    MILLRACE_VERSION: version,
    MILLRACE_SENTENCE: sentence,
  };
};

export const commandWork = (words: string | readonly string[], { folder, env }: CommandWorld): ReactionWork => {
  const what = nameOfCommand(words);
  return {
    what,
    async act(message, tries, signal) {
      const tail = keepTail();
      const told = { ...env, ...toldEnv(message) };
      try {
        await runCommand(words, JSON.stringify(message), { folder, env: told, signal, onOutput: tail.add });
        return { is: 'done', sentence: `${what} ended with 0`, output: tail.text() };
      } catch (error) {
        signal.throwIfAborted();
        if (tries + 1 < MOST_TRIES) throw error;
        return { is: 'failed', sentence: messageOf(error), output: tail.text() };
      }
    },
  };
};
