/** Follows where environments point: a new version takes over, or is refused, and both are told. */
import { messageOf, problemOf } from '../../core/errors.ts';
import { follow } from '../../serving/follow.ts';
import type { News } from '../../serving/live.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Model } from './model.ts';
import type { ModelTable } from './models.ts';
import type { Slot } from './slot.ts';

export interface PromotionsOptions {
  readonly models: Pick<ModelTable, 'slots'>;
  readonly metrics: Pick<Metrics, 'promoted'>;
  readonly log: Logger;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/** The returned function stops it, and resolves when no look is under way. */
export const followPromotions = ({ models, metrics, log, everyMs }: PromotionsOptions): (() => Promise<void>) => {
  const hear = ({ ref, card }: Slot, news: News<Model>): void => {
    if (news.kind === 'replaced') {
      const { version, digest } = news.to;
      metrics.promoted('replaced');
      log.info({ ref, version, digest }, 'a new version has taken over');
    } else if (news.kind === 'refused') {
      const { version, error } = news;
      metrics.promoted('refused');
      const problem = problemOf(error);
      log.error({ ref, version, stays: card?.version, problem, err: error }, 'a new version is refused');
    } else if (news.isNew) {
      metrics.promoted('unreachable');
      log.warn({ ref, message: messageOf(news.error) }, 'the registry cannot be asked; what is loaded goes on');
    }
  };
  const ready = () => models.slots.filter(({ state }) => state === 'ready');
  return follow(
    () => ready().map((slot) => ({ live: slot.live, hear: (news: News<Model>) => hear(slot, news) })),
    everyMs,
  );
};
