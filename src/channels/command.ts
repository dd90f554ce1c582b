/** A command of the user's, which gets the message as JSON on standard input. */
import { problemOf } from '../core/errors.ts';
import { type Channel, type ChannelContext, notTaken } from './channel.ts';
import { nameOfCommand, runCommand } from './run-command.ts';

export const commandChannel = (words: string | readonly string[], { folder, env }: ChannelContext): Channel => {
  const place = nameOfCommand(words);
  return {
    place,
    async send(message, signal) {
      const told = {
        MILLRACE_DEPLOYMENT: message.deployment,
        MILLRACE_IDEMPOTENCY_KEY: message.id,
      };
      try {
        await runCommand(words, JSON.stringify(message), { folder, env: { ...env, ...told }, signal });
      } catch (error) {
        signal.throwIfAborted();
        throw notTaken(place, problemOf(error).message, 'a command that ends with 0');
      }
    },
  };
};
