/** What the project's service deployments, or the command line, say of publishing. */
import type { App } from '../../app.ts';
import { fail } from '../../core/errors.ts';
import type { Logger } from '../../modes/service/log.ts';
import type { Serving } from '../../modes/service/models.ts';
import { createPublishing, type Publishing } from '../../modes/service/publish/publishing.ts';
import { type Publish, preparePublish } from '../../modes/service/publish/settings.ts';
import type { ServeOptions } from './options.ts';

/** By deployments and references. The topic of the command line is for all; without one, each deployment has its own. */
const publishesOf = (
  app: App,
  servings: readonly Serving[],
  { publish: topic, better, publishWait: wait }: ServeOptions,
): ReadonlyMap<string, Publish> =>
  new Map(
    servings.flatMap(({ ref, deployment }) => {
      const own = deployment === undefined ? undefined : app.project.deploymentIn('service', deployment).publish;
      const publish = topic === undefined ? own : { topic, better, wait };
      const name = deployment ?? ref;
      return publish === undefined ? [] : [[name, preparePublish(name, publish)] as const];
    }),
  );

/** Undefined when nothing is published. @throws MillraceError USAGE, BAD_PROJECT; STORE_FAILED for an embedded log */
export const startPublishing = async (
  app: App,
  servings: readonly Serving[],
  options: ServeOptions,
  log: Logger,
): Promise<Publishing | undefined> => {
  if (options.publish === undefined && (options.better !== undefined || options.publishWait)) {
    throw fail('USAGE', '--better and --publish-wait belong to --publish.', {
      expected: '--publish <topic> beside them',
      got: 'none',
    });
  }
  const publishes = publishesOf(app, servings, options);
  if (publishes.size === 0) return undefined;
  const broker = await app.broker();
  return createPublishing({
    broker,
    publishOf: ({ ref, deployment = ref }) => publishes.get(deployment),
    all: [...publishes.values()],
    onTrouble(what, problem) {
      const { place } = broker;
      if (problem) log.error({ what, place, problem }, 'the broker does not take part; answers go on');
      else log.info({ what, place }, 'the broker takes part again');
    },
  });
};
