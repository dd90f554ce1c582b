/** Operators that are loaded together. */
import type { Operators } from './operator.ts';

export interface Chunk {
  /** Of its operators, all of them, with a blank between. */
  readonly names: string;
  load(): Promise<Operators>;
}
