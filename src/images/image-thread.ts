/** A thread that decodes images, one after the other. */
import { createTurns, serveThread } from '../threads/serve-thread.ts';
import { decodeValue } from './decode-value.ts';

const inTurn = createTurns();

const calls = {
  decode: (...call: Parameters<typeof decodeValue>) => inTurn(() => decodeValue(...call)),
};
export type ImageCalls = typeof calls;

serveThread(calls);
