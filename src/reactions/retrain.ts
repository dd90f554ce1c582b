/** Runs the user's command that trains anew, then packs what it has left and lets an environment point at it. */
import { nameOfCommand, runCommand } from '../channels/run-command.ts';
import { parseDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import type { RetrainSettings } from '../project/deployments/alert-reaction.ts';
import { type CommandWorld, toldEnv } from './command.ts';
import { type ReactionWork, worstOf } from './reaction.ts';
import { MONITOR, verdictOf } from './rollback.ts';
import { keepTail } from './tail.ts';

/** A version that was registered. */
export interface MadeVersion {
  readonly name: string;
  readonly version: string;
}

/** What this needs of the house. */
export interface RetrainWorld extends CommandWorld {
  /** Packs a folder of the project and registers it. */
  readonly pack: (folder: string, signed: { readonly who: string; readonly why: string }) => Promise<MadeVersion>;
  /** Proves a version where that is due, and lets an environment point at it. */
  readonly promote: (
    ref: string,
    move: { readonly to: string; readonly who: string; readonly why: string },
  ) => Promise<unknown>;
}

const TIMEOUT = '4h';

/** @param to the environment */
export const retrainWork = (
  { command, folder, timeout = TIMEOUT }: RetrainSettings,
  to: string,
  world: RetrainWorld,
  field: string,
): ReactionWork => {
  const timeoutMs = parseDuration(timeout, `${field}.timeout`);
  return {
    what: `retrain by ${nameOfCommand(command)}`,
    async act(message, _tries, signal) {
      const tail = keepTail();
      const alert = worstOf(message);
      const signed = { who: MONITOR, why: verdictOf(alert) };
      const env = { ...world.env, ...toldEnv(message) };
      try {
        const how = { folder: world.folder, env, signal, timeoutMs, onOutput: tail.add };
        await runCommand(command, JSON.stringify(message), how);
        const { name, version } = await world.pack(folder, signed);
        if (name !== alert.model) {
          return { is: 'failed', sentence: `${folder} has the model ${name}, not ${alert.model}`, output: tail.text() };
        }
        if (version === alert.version) {
          const sentence = `${folder} still has version ${version}, which answers already: the command has to write another into model.yaml`;
          return { is: 'failed', sentence, output: tail.text() };
        }
        await world.promote(`${name}@${version}`, { to, ...signed });
        return { is: 'done', sentence: `${name}@${version} was trained and is in ${to}`, output: tail.text() };
      } catch (error) {
        signal.throwIfAborted();
        // Training is dear: it is not begun again by itself.
        return { is: 'failed', sentence: messageOf(error), output: tail.text() };
      }
    },
  };
};
