/** `publish` of a service deployment, made ready once. */
import { parseDuration } from '../../../core/duration.ts';
import type { EventFormat } from '../../../events/cloud-event.ts';
import { compilePath, type ReadPath } from '../../../events/path.ts';
import type { PublishSettings } from '../../../project/deployments/service.ts';

export interface Publish {
  /** The deployment, as events name it. */
  readonly deployment: string;
  readonly topic: string;
  readonly better: readonly string[];
  readonly keyOf: ReadPath | undefined;
  readonly wait: boolean;
  /** How long an answer waits to be acknowledged, where it waits. */
  readonly timeoutMs: number;
  readonly format: EventFormat;
  readonly partitions: number | undefined;
}

/** @throws BAD_PROJECT for a path or duration that cannot be read */
export const preparePublish = (deployment: string, settings: string | PublishSettings): Publish => {
  const {
    topic,
    better = [],
    key,
    wait,
    timeout,
    format,
    partitions,
  }: PublishSettings = typeof settings === 'string' ? { topic: settings } : settings;
  const field = (name: string): string => `deployments.${deployment}.publish.${name}`;
  return Object.freeze({
    deployment,
    topic,
    better: typeof better === 'string' ? [better] : better,
    keyOf: key === undefined ? undefined : compilePath(key, field('key')),
    wait: wait ?? false,
    timeoutMs: parseDuration(timeout ?? '5s', field('timeout')),
    format: format ?? 'structured',
    partitions,
  });
};
