/** The port of files that are no models of a format that is run: how one is recognised, and the way on. A row of `index.ts` each. */
import type { Peek } from './peek.ts';

/** One way on: what it does, and lines to run as they stand. */
export interface WayOn {
  /** Goes on with a colon and the lines. */
  readonly say: string;
  readonly language: 'sh' | 'python' | 'r';
  readonly lines: readonly string[];
}

export interface ForeignKind {
  /** Its heading in docs/CONVERT.md. */
  readonly title: string;
  /** What it is, in words that go on after "model.pkl is". */
  readonly is: (peek: Peek) => string;
  /** By its content; its name counts only where that says nothing. */
  readonly matches: (peek: Peek) => boolean;
  /** How the file is called in the lines. */
  readonly file: string;
  readonly ways: readonly WayOn[];
  /** It is a piece of something, so its error is BAD_MODEL. */
  readonly damaged?: true;
  /** With what the lines were tried; nothing where they were not. */
  readonly tried?: string;
}
