/** Follows the references that may move: a new version takes over once it has proved itself, else the old one stays. */
import { messageOf, problemOf } from '../../core/errors.ts';
import type { Model, ModelSource } from './model.ts';
import type { ModelTable, Slot } from './models.ts';

export interface PromotionOptions {
  readonly source: Pick<ModelSource, 'resolve'>;
  readonly models: Pick<ModelTable, 'slots' | 'replace'>;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly onReplaced?: (slot: Slot, model: Model) => void;
  readonly onRefused?: (slot: Slot, version: string, error: unknown) => void;
  /** The registry could not be asked; what is loaded goes on. */
  readonly onUnreachable?: (slot: Slot, message: string) => void;
}

/** Starts to look; the returned function stops it, and resolves when no look is under way. */
export const followPromotions = (options: PromotionOptions): (() => Promise<void>) => {
  const { source, models, everyMs, onReplaced, onRefused, onUnreachable } = options;
  /** The digest that each slot refused last; it is not tried again until the reference has moved. */
  const refused = new WeakMap<Slot, string>();
  const unreachable = new WeakSet<Slot>();

  const look = async (slot: Slot): Promise<void> => {
    if (slot.state !== 'ready') return;
    let meant: Awaited<ReturnType<NonNullable<ModelSource['resolve']>>>;
    try {
      meant = await source.resolve?.(slot.ref);
      unreachable.delete(slot);
    } catch (error) {
      // Told once, not at every look.
      if (!unreachable.has(slot)) onUnreachable?.(slot, messageOf(error));
      unreachable.add(slot);
      return;
    }
    if (meant === undefined || meant.digest === slot.card?.digest || meant.digest === refused.get(slot)) return;
    try {
      const model = await models.replace(slot);
      refused.delete(slot);
      onReplaced?.(slot, model);
    } catch (error) {
      if (problemOf(error).code !== 'STORE_FAILED') refused.set(slot, meant.digest);
      onRefused?.(slot, meant.version, error);
    }
  };

  let stopped = false;
  let timer: NodeJS.Timeout;
  let current: Promise<void> = Promise.resolve();
  const round = async (): Promise<void> => {
    for (const slot of models.slots) if (!stopped) await look(slot);
    if (!stopped) timer = setTimeout(start, everyMs);
  };
  const start = (): void => {
    current = round();
  };
  timer = setTimeout(start, everyMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
    return current;
  };
};
