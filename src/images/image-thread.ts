/** A thread that decodes images, one after the other. */
import { createTurns, serveThread } from '../threads/serve-thread.ts';
import { nodeWasmFiles } from './codecs/wasm-files.node.ts';
import { createValueReader } from './decode-value.ts';

const inTurn = createTurns();
const read = createValueReader(nodeWasmFiles);

const calls = {
  decode: (...call: Parameters<typeof read>) => inTurn(() => read(...call)),
};
export type ImageCalls = typeof calls;

serveThread(calls);
