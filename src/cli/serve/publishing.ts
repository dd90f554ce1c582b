/** What the project's service deployments, or the command line, say of publishing. */
import type { App } from '../../app.ts';
import { fail } from '../../core/errors.ts';
import type { Logger } from '../../modes/service/log.ts';
import { createPublishing, type Publishing } from '../../modes/service/publish/publishing.ts';
import { type Publish, preparePublish } from '../../modes/service/publish/settings.ts';
import type { ServiceSettings } from '../../project/deployments/service.ts';
import type { ServeOptions } from './options.ts';

/** The topic of the command line is for all models; without one, each deployment has its own. */
const publishesOf = (
  { project }: App,
  refs: readonly string[],
  { publish: topic, better, publishWait: wait }: ServeOptions,
): ReadonlyMap<string, Publish> => {
  const services = project.deploymentNames
    .filter((name) => project.mode(name) === 'service')
    .map((name) => ({ name, ...(project.deployment(name) as unknown as ServiceSettings) }))
    .filter(({ model }) => refs.includes(model));
  const names = new Map(services.map(({ name, model }) => [model, name]));
  if (topic !== undefined) {
    return new Map(refs.map((ref) => [ref, preparePublish(names.get(ref) ?? ref, { topic, better, wait })]));
  }
  return new Map(
    services.flatMap(({ name, model, publish }) =>
      publish === undefined ? [] : [[model, preparePublish(name, publish)] as const],
    ),
  );
};

/** Undefined when nothing is published. @throws MillraceError USAGE, BAD_PROJECT; STORE_FAILED for an embedded log */
export const startPublishing = async (
  app: App,
  refs: readonly string[],
  options: ServeOptions,
  log: Logger,
): Promise<Publishing | undefined> => {
  if (options.publish === undefined && (options.better !== undefined || options.publishWait)) {
    throw fail('USAGE', '--better and --publish-wait belong to --publish.', {
      expected: '--publish <topic> beside them',
      got: 'none',
    });
  }
  const publishes = publishesOf(app, refs, options);
  if (publishes.size === 0) return undefined;
  const broker = await app.broker();
  return createPublishing({
    broker,
    publishOf: (ref) => publishes.get(ref),
    all: [...publishes.values()],
    onTrouble(what, problem) {
      const { place } = broker;
      if (problem) log.error({ what, place, problem }, 'the broker does not take part; answers go on');
      else log.info({ what, place }, 'the broker takes part again');
    },
  });
};
