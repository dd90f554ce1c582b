/** Rollouts for tests. */
import type { RolloutPlan } from '../../../src/serving/rollouts/rollout.ts';
import { parseSteps } from '../../../src/serving/rollouts/steps.ts';

export const samplePlan = (more: Partial<RolloutPlan> = {}): RolloutPlan => ({
  deployment: 'rides',
  ref: 'ride@production',
  model: 'ride',
  stable: { version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` },
  candidate: { version: '1.1.0', digest: `sha256:${'1'.repeat(64)}` },
  steps: parseSteps('shadow 100 rows, 5 %, 100 %', 'USAGE'),
  unit: 'field:rider',
  ...more,
});
