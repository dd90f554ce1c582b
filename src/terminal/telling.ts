/** How what goes on for long is told on a terminal. */
import type { Terminal } from './terminal.ts';

/** The same line is told once in this time. */
const REPEAT_MS = 10_000;
const SHOW_MS = 250;

/** A line on stderr, unless the same was told a moment ago. */
export const sayOnce = (terminal: Pick<Terminal, 'err'>): ((line: string) => void) => {
  const told = new Map<string, number>();
  return (line) => {
    const now = performance.now();
    if (now - (told.get(line) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    told.set(line, now);
    terminal.err(line);
  };
};

/** Shows a line of progress anew again and again; the returned function ends it. */
export const keepShowing = (terminal: Pick<Terminal, 'progress'>, text: () => string): (() => void) => {
  const line = terminal.progress();
  const timer = setInterval(() => line.update(text()), SHOW_MS);
  return () => {
    clearInterval(timer);
    line.done();
  };
};
