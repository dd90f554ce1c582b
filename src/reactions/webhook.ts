/** A call to an address of the user's, signed as Standard Webhooks has it. */
import { createWebhook } from '../webhook/webhook.ts';
import type { ReactionWork } from './reaction.ts';

/** Tries in one go; what was not taken then is tried again later. */
const TRIES = 3;

/** @throws MillraceError BAD_PROJECT for the URL or the secret, showing neither */
export const webhookWork = ({ url, secret }: { readonly url: string; readonly secret?: string }): ReactionWork => {
  const hook = createWebhook({ url, secret, attempts: TRIES });
  return {
    what: hook.place,
    async act(message, _tries, signal) {
      const { id: idempotencyKey, at } = message;
      await hook.send({ event: 'alert.fired', at: Date.parse(at), body: message, idempotencyKey, signal });
      return { is: 'done', sentence: `${hook.place} was told` };
    },
  };
};
