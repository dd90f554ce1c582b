/** `--server`: commands that a Millrace elsewhere carries out. */
import type { Command } from 'commander';
import { askServer as ask } from '../remote/ask-server.ts';
import type { Cli } from './command.ts';

export interface ServerOption {
  readonly server?: string;
}

/** For commands that change something. */
export const serverOption = (command: Command): Command =>
  command.option('--server <url>', 'ask the Millrace at this address, with the key in MILLRACE_KEY');

/** As `askServer` of `remote`, with the key of the environment. */
export const askServer = <T>(server: string, act: string, asked: object, { env, signal }: Cli): Promise<T> =>
  ask<T>(server, act, asked, { key: env.MILLRACE_KEY, signal });
