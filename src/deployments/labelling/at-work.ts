/** Labels of the deployments that are at work here, by their queries and topics, for as long as they are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, problemOf } from '../../core/errors.ts';
import type { LabellingCounts } from '../../monitor/labels/labels.ts';
import type { Resources } from '../../resources/resources.ts';
import { readFeed } from './feed.ts';
import { labelsMeant } from './join.ts';
import { labelsSettings } from './settings.ts';

export type LabellingNews =
  | { readonly what: 'labelled'; readonly deployment: string; readonly counts: LabellingCounts }
  /** It is tried again. */
  | { readonly what: 'trouble'; readonly problem: Problem };

/** How often it looks whether a query is due, in milliseconds. */
const LOOK_MS = 5000;

export const startLabelling = (
  resources: Resources,
  names: readonly string[],
  news: (news: LabellingNews) => void,
): { stop(): Promise<void> } => {
  const own = names.filter((name) => labelsSettings(resources.project, name) !== undefined);
  const stopping = new AbortController();
  const { signal } = stopping;
  const trouble = (error: unknown): void => {
    if (!signal.aborted) news({ what: 'trouble', problem: problemOf(error) });
  };
  const rest = (): Promise<void> => sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
  const labelled = (deployment: string) => (counts: LabellingCounts) => news({ what: 'labelled', deployment, counts });

  const query = async (deployment: string): Promise<void> => {
    while (!signal.aborted) {
      try {
        const found = await readFeed(resources, deployment, { signal });
        if (found !== undefined) labelled(deployment)(found);
      } catch (error) {
        trouble(error);
      }
      await rest();
    }
  };
  /** Joined once the model, the store and the broker are there, and left at the end. */
  const topic = async (deployment: string, name: string): Promise<void> => {
    const { consumeLabels } = await import('./topic.ts');
    while (!signal.aborted) {
      try {
        const { key, truth } = labelsSettings(resources.project, deployment) ?? { truth: '' };
        const [meant, broker, labels] = await Promise.all([
          labelsMeant(resources, deployment, { key, truth }),
          resources.broker(),
          resources.labels(),
        ]);
        const { clock } = resources;
        const parts = { deployment, topic: name, meant, broker, labels, clock };
        const member = await consumeLabels({ ...parts, onLabelled: labelled(deployment), onTrouble: trouble });
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return await member.leave();
      } catch (error) {
        trouble(error);
      }
      await rest();
    }
  };
  const running = own.map((deployment) => {
    const { topic: name } = labelsSettings(resources.project, deployment) ?? {};
    return name === undefined ? query(deployment) : topic(deployment, name);
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
};
