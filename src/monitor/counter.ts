/**
 * Counts what is answered without recording any row of it. The thread that writes minutes down is started with the first of them, so
 * that nothing waits for it at the start, and none is there where nothing was asked.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Code } from '../core/errors.ts';
import type { Answered, Answerer } from './answered.ts';
import { createKnownModels } from './known-models.ts';
import type { MinuteProfile } from './minutes.ts';
import { createProfiling } from './profiling.ts';
import { createWriter, type Writer } from './writer.ts';

export interface Counter {
  /** Counts it in the profile of its minute. Takes microseconds and never throws. */
  count(answered: Answered): void;
  /** Counts a call that failed as a whole. */
  failed(model: Answerer, code: Code): void;
}

export interface OwnCounter extends Counter {
  /** Writes down what was counted, as far as the store takes it within some seconds, and stops. */
  close(): Promise<void>;
}

/** Milliseconds in which what was counted is written at the end, and again for the thread to end. */
const CLOSE_MS = 5000;

/** @param url the store, as `openSql` takes it; one that is away is asked again with the next minute */
export const createCounter = (url: string): OwnCounter => {
  let writer: Promise<Writer> | undefined;
  let opened: Writer | undefined;
  const sayModels = (): void => opened?.say('models', [models.all]);
  const models = createKnownModels(sayModels);
  const open = async (): Promise<Writer> => {
    const nothing = (): void => {};
    const started = await createWriter({
      data: { url, way: 'nice' },
      onEnded: nothing,
      onStuck: nothing,
      onReplaced: sayModels,
    });
    opened = started;
    sayModels();
    return started;
  };
  const write = async (minutes: readonly MinuteProfile[]): Promise<void> => {
    writer ??= open();
    try {
      await (await writer).ask('minutes', [minutes]);
    } catch (error) {
      if (opened === undefined) writer = undefined;
      throw error;
    }
  };
  const { count, failed, flush } = createProfiling({ write, numberOf: models.numberOf });
  return {
    count,
    failed,
    async close() {
      const late = new AbortController();
      const patience = pause(CLOSE_MS, undefined, { signal: late.signal }).catch(() => undefined);
      await Promise.race([flush(), patience]);
      late.abort();
      await opened?.close(CLOSE_MS);
    },
  };
};
