import type { CommandModule } from './command.ts';

export interface CommandRow {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Reads the command's file; only the command that was called is read. */
  load(): Promise<CommandModule>;
}

/** Every command by name, in the order in which help lists them. */
export const commands: Readonly<Record<string, CommandRow>> = {
  completion: { summary: 'print the completion script of a shell', load: () => import('./commands/completion.ts') },
};
