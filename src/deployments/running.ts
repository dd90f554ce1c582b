/** A deployment at work in this process: what there is to ask of it, whatever its mode. */
import type { Registry } from 'prom-client';
import type { Mode } from '../project/project.ts';

/** Services that share their doors are one; their names stand with commas between. */
export interface Running<M extends Mode = Mode, W = unknown> {
  readonly name: string;
  readonly mode: M;
  /** The mode's own view of it. */
  readonly work: W;
  /** What keeps it from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  ready(): boolean;
  /** Figures of all that was started together with it, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Resolves once it was stopped; rejects when it can go on no more. */
  readonly ended: Promise<void>;
  /** Finishes what is under way, and ends. May be called twice. */
  stop(): Promise<void>;
}

/** What a deployment is started with, beside its settings. */
export interface Surroundings<News> {
  /** Where its figures are. */
  readonly registry: Registry;
  /**
   * Hears what happens, from the first moment on. It is given, and is no property of what runs: news come while a deployment is
   * being started, and who subscribed afterwards would miss them, or they would have to wait for somebody without a bound.
   */
  readonly news: (news: News) => void;
}

interface Parts<M extends Mode, W> extends Pick<Running<M, W>, 'name' | 'mode' | 'work' | 'obstacles' | 'metrics'> {
  /** Called once. */
  readonly stop: () => Promise<void>;
  /** Rejects when it can go on no more. */
  readonly failure?: Promise<unknown>;
}

export const asRunning = <M extends Mode, W>({ stop, failure, ...parts }: Parts<M, W>): Running<M, W> => {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  failure?.catch(reject);
  let stopping: Promise<void> | undefined;
  return {
    ...parts,
    ready: () => parts.obstacles().length === 0,
    ended,
    stop: () => {
      stopping ??= stop().finally(resolve);
      return stopping;
    },
  };
};

/** Metrics that all deployments of a mode share: made when the first of a registry asks. */
export const perRegistry = <T>(create: (registry: Registry) => T): ((registry: Registry) => T) => {
  const made = new WeakMap<Registry, T>();
  return (registry) => {
    const found = made.get(registry) ?? create(registry);
    made.set(registry, found);
    return found;
  };
};
