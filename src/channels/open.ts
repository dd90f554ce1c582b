/** Which channel settings mean. */
import type { ChannelSettings } from '../project/channels.ts';
import type { Channel, ChannelContext } from './channel.ts';

type Open<K extends keyof ChannelSettings> = (
  settings: NonNullable<ChannelSettings[K]>,
  context: ChannelContext,
) => Promise<Channel>;

/** Every channel, by the key of `channels:` that says that it is meant. */
export const channels: { readonly [K in keyof ChannelSettings]-?: Open<K> } = {
  webhook: async (settings) => (await import('./webhook.ts')).webhookChannel(settings),
  alertmanager: async (settings) => (await import('./alertmanager.ts')).alertmanagerChannel(settings),
  slack: async (settings) => (await import('./slack.ts')).slackChannel(settings),
  pagerduty: async (settings) => (await import('./pagerduty.ts')).pagerDutyChannel(settings),
  email: async (settings) => (await import('./email.ts')).emailChannel(settings),
  command: async (settings, context) => (await import('./command.ts')).commandChannel(settings, context),
};

/** @throws MillraceError BAD_PROJECT for an address or a secret that is none, showing neither */
export const openChannel = async (settings: ChannelSettings, context: ChannelContext): Promise<Channel> => {
  for (const [key, open] of Object.entries(channels) as [keyof ChannelSettings, Open<keyof ChannelSettings>][]) {
    const own = settings[key];
    if (own !== undefined) return open(own, context);
  }
  throw new TypeError('settings of a channel name none');
};
