/** The service's log: JSON lines with request ids, and never what was asked or answered. */
import pino, { type Logger } from 'pino';

export type { Logger };

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type Level = (typeof levels)[number];

/** Writes in the background, in pieces, to standard error; `flush` before the process ends. */
export const createLog = (level: Level): { readonly log: Logger; flush(): void } => {
  const destination = pino.destination({ fd: 2, sync: false, minLength: 4096 });
  const log = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const timer = setInterval(() => destination.flush(), 500);
  timer.unref();
  return {
    log,
    flush() {
      clearInterval(timer);
      try {
        destination.flushSync();
      } catch {
        // Nobody reads standard error any more.
      }
    },
  };
};

export const silent = (): Logger => pino({ level: 'silent' });
