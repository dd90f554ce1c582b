/** Who hears of the alerts of a deployment. */
import type { Hearers } from '../monitor/alerts/alerts.ts';
import type { Project } from '../project/project.ts';
import type { AlertReaction } from '../reactions/reaction.ts';
import { watchedSettings } from './watched.ts';

/** Channels, and reactions, which rest after they were due. @throws BAD_PROJECT for a channel that is none */
export const hearersOf = (project: Project, deployment: string, reactions: readonly AlertReaction[]): Hearers => {
  const names = watchedSettings(project, deployment)?.tell ?? project.channelNames;
  for (const name of names) if (!project.channelNames.includes(name)) project.channel(name);
  return {
    channelsOf: (alert) => [
      ...names,
      ...reactions.filter((reaction) => reaction.isDue(alert)).map(({ channel }) => channel),
    ],
    restMsOf: (channel) => reactions.find((reaction) => reaction.channel === channel)?.restMs ?? 0,
  };
};
