/** What the service tells Prometheus. docs/SERVICE.md lists the names; a test holds the two together. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Code } from '../../core/errors.ts';
import { keep } from '../../metrics/table.ts';
import { showFigures, type Watched } from './figures.ts';
import { createModelMeters, type ModelMeters } from './model-meters.ts';

export interface Metrics extends ModelMeters {
  readonly registry: Registry;
  /** One request that a transport answered with an error. */
  rejected(code: Code): void;
  /** An environment moved, and the new version took over or did not. */
  promoted(outcome: 'replaced' | 'refused' | 'unreachable'): void;
  /** Starts to show figures that are read when somebody looks. */
  watch(watched: Watched): void;
}

const kept = {
  errors: {
    counter: 'millrace_rejected_total',
    help: 'Requests answered with an error, by its code.',
    labels: ['reason'],
  },
  promotions: {
    counter: 'millrace_promotions_total',
    help: 'Moves of environments seen, by what came of them.',
    labels: ['outcome'],
  },
} as const;

/** In a registry of its own, which tells of the process too, unless one is given. */
export const createMetrics = (given?: Registry): Metrics => {
  const registry = given ?? new Registry();
  if (given === undefined) collectDefaultMetrics({ register: registry });
  const meters = createModelMeters(registry);
  const { errors, promotions } = keep(registry, kept);
  return {
    registry,
    ...meters,
    rejected(code) {
      errors.child(code).value++;
    },
    promoted(outcome) {
      promotions.child(outcome).value++;
    },
    watch: (watched) => showFigures(registry, watched),
  };
};
