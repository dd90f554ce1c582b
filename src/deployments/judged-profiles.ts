/** Profiles as they are judged: without instants, which lie later than those of the training data on every day. */
import type { Fields } from '../core/types.ts';
import { judgedFields } from '../monitor/profile/judged-fields.ts';
import type { Profiles } from '../monitor/profiles/profiles.ts';
import { findAnswerer } from '../resources/answerer.ts';
import type { Resources } from '../resources/resources.ts';

type Signature = Readonly<Record<'inputs' | 'outputs', Fields>>;

export const judgedProfiles = (resources: Resources, profiles: Profiles): Profiles => {
  const signatures = new Map<string, Signature | undefined>();
  return {
    ...profiles,
    async windows(deployment, since, until, ms) {
      const spans = await profiles.windows(deployment, since, until, ms);
      for (const { model, digest } of spans) {
        if (signatures.has(digest)) continue;
        signatures.set(digest, (await findAnswerer(resources, { deployment, model, digest }))?.manifest);
      }
      return spans.map((span) => {
        const signature = signatures.get(span.digest);
        if (signature === undefined) return span;
        const { inputs, outputs } = signature;
        return { ...span, inputs: judgedFields(span.inputs, inputs), outputs: judgedFields(span.outputs, outputs) };
      });
    },
  };
};
