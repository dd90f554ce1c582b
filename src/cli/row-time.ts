import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/duration.ts';

/** `--timeout`: what a row may take, in milliseconds. */
export const rowTime = (text: string): number => {
  try {
    const ms = parseDuration(text, '--timeout');
    if (ms > 0) return ms;
  } catch {
    // Told in the words of the command line.
  }
  throw new InvalidArgumentError('Expected a time such as 500ms, 10s or 2m.');
};
