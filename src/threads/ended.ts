/** How a thread or a process came to its end. */
import { extname } from 'node:path';

export interface Ended {
  /** Why, as far as it is known: what was thrown, the signal, or the exit code. */
  readonly how: string;
  readonly signal?: NodeJS.Signals | undefined;
  readonly error?: (Error & { readonly code?: string }) | undefined;
}

/** What is the same of a thread and a process for who has started it. */
export interface Lasting {
  /** It has ended: who asks it now is told so. */
  readonly isGone: boolean;
  /** Resolves when it has ended, whatever the reason. All that it said is heard before. */
  readonly gone: Promise<Ended>;
}

/** A file beside another, which a thread or process of its own runs: TypeScript from source, JavaScript in a build, which finds it by this call. */
export const beside = (name: string, file: string): URL => new URL(name + extname(file), file);

/** Milliseconds as a timer takes them; it would run at once where there are more. */
export const timerMs = (ms: number): number => Math.min(Math.max(0, ms), 2 ** 31 - 1);

/** The work, which goes on when `onLate` is called after so many milliseconds. */
export const within = async <T>(ms: number, work: Promise<T>, onLate: () => void): Promise<T> => {
  const timer = setTimeout(onLate, timerMs(ms));
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
};
