/** What services publish of their answers. */
import type { Logger } from '../../modes/service/log.ts';
import type { Publishing } from '../../modes/service/publish/publishing.ts';
import type { Serving } from '../../modes/service/slot.ts';
import type { PublishSettings } from '../../project/deployments/service.ts';
import type { Resources } from '../../resources/resources.ts';
import type { PublishOptions } from './options.ts';

/** By deployments and references. What is given for all of them goes before what each deployment has. */
const publishesOf = (
  { project }: Resources,
  servings: readonly Serving[],
  forAll: PublishOptions | undefined,
): readonly (readonly [name: string, publish: string | PublishSettings])[] =>
  servings.flatMap(({ ref, deployment }) => {
    const own = deployment === undefined ? undefined : project.deploymentIn('service', deployment).publish;
    const publish = forAll ?? own;
    return publish === undefined ? [] : [[deployment ?? ref, publish] as const];
  });

/** Undefined when nothing is published. @throws BAD_PROJECT; STORE_FAILED for an embedded log */
export const startPublishing = async (
  resources: Resources,
  servings: readonly Serving[],
  forAll: PublishOptions | undefined,
  log: Logger,
): Promise<Publishing | undefined> => {
  const settings = publishesOf(resources, servings, forAll);
  if (settings.length === 0) return undefined;
  const [{ createPublishing }, { preparePublish }] = await Promise.all([
    import('../../modes/service/publish/publishing.ts'),
    import('../../modes/service/publish/settings.ts'),
  ]);
  const publishes = new Map(settings.map(([name, publish]) => [name, preparePublish(name, publish)] as const));
  const broker = await resources.broker();
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
