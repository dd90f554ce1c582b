/** The gates, by the name that millrace.yaml calls them. */
import type { GateName, GateSettings } from '../project/environments.ts';
import { approvals } from './approvals.ts';
import { evaluation } from './evaluation.ts';
import { examples } from './examples.ts';
import { from } from './from.ts';
import type { EnvironmentGate } from './gate.ts';
import { latency } from './latency.ts';
import { replay } from './replay.ts';
import { shadow } from './shadow.ts';
import { signature } from './signature.ts';
import { signed } from './signed.ts';

export const gates: { readonly [N in GateName]: EnvironmentGate<GateSettings[N]> } = {
  from,
  signed,
  examples,
  signature,
  latency,
  evaluation,
  replay,
  shadow,
  approvals,
};
