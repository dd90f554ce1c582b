/** The reactions of a project's deployments, with what they need of the house. */
import { resolve } from 'node:path';
import type { Alerts } from '../monitor/alerts/alerts.ts';
import { openReactions, type ReactionWorld } from '../reactions/open.ts';
import type { AlertReaction } from '../reactions/reaction.ts';
import { parseRef } from '../registry/ref.ts';
import { promoteProven } from '../resources/promote.ts';
import type { Resources } from '../resources/resources.ts';
import { watchedModel, watchedSettings } from './watched.ts';

const MOST_FIRING = 10_000;

const worldOf = (resources: Resources, alerts: Pick<Alerts, 'list'>): ReactionWorld => {
  const { project, env, environments, lookup, registry, pack } = resources;
  return {
    folder: project.folder,
    env,
    environments,
    registry: lookup,
    isFiring: async (id) => (await alerts.list({ most: MOST_FIRING })).some((alert) => alert.id === id),
    async pack(folder, signed) {
      const { package: made } = await pack(resolve(project.folder, folder));
      const { manifest, digest, blobs, weights } = made;
      const { largeBlobsOf } = await import('../package/file-parts.ts');
      await (await registry()).register({ manifest, digest, blobs, large: largeBlobsOf(weights), ...signed });
      return { name: manifest.name, version: manifest.version };
    },
    promote: (ref, move) => promoteProven(resources, ref, move),
  };
};

/** Of one deployment. @throws BAD_PROJECT for what cannot be done, or not be told of alerts */
export const reactionsOf = (
  resources: Resources,
  alerts: Pick<Alerts, 'list'>,
  deployment: string,
): readonly AlertReaction[] => {
  const { project } = resources;
  const { react = [] } = watchedSettings(project, deployment) ?? {};
  if (react.length === 0) return [];
  const ref = parseRef(watchedModel(project, deployment));
  const environment = ref.kind === 'environment' ? ref.environment : undefined;
  return openReactions({ deployment, environment, react }, worldOf(resources, alerts));
};
