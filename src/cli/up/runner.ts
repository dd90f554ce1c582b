import type { Cli } from '../command.ts';

export interface UpOptions {
  /** Where services listen; as `millrace serve` has it unless said. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly adminPort?: number | undefined;
  readonly adminHost?: string | undefined;
  readonly allowedHost?: readonly string[] | undefined;
  /** What services record. */
  readonly record?: string | undefined;
  readonly recordWait?: true | undefined;
}

/** Runs deployments of one mode, in this process, until the signal of `cli` is aborted. Throws what keeps them from it. */
export type Runner = (names: readonly string[], cli: Cli, options: UpOptions) => Promise<void>;
