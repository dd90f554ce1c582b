/** Triton's `ModelStreamInfer`: many requests on one stream, and one answer for each, in their order. */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { toldOutside } from '../told.ts';
import type { InferAnswer, StreamAnswer } from './messages.ts';

export type InferStream = ServerDuplexStream<Buffer, StreamAnswer>;

/** Requests of one stream that are worked on at a time; the next ones stay with the caller until there is room. */
const WINDOW_REQUESTS = 64;

/** Answers a stream until its caller ends it. The returned function ends it from here, after what has been read. */
export const answerStream = (
  call: InferStream,
  infer: (message: Buffer) => Promise<InferAnswer>,
  onError: (error: unknown) => void,
): (() => void) => {
  let working = 0;
  let ended = false;
  let last: Promise<void> = Promise.resolve();

  const told = async (message: Buffer): Promise<StreamAnswer> => {
    try {
      return { error_message: '', infer_response: await infer(message) };
    } catch (error) {
      onError(error);
      return { error_message: toldOutside(error).message };
    }
  };
  const end = (): void => {
    if (ended) return;
    ended = true;
    call.removeAllListeners('data');
    void last.then(() => call.end());
  };

  call.on('data', (message) => {
    if (++working === WINDOW_REQUESTS) call.pause();
    const answer = told(message);
    last = last
      .then(() => answer)
      .then(async (ready) => {
        // A caller that does not read holds up its own stream, and no memory but its own answers'.
        if (!call.cancelled && !call.write(ready)) {
          await new Promise((resolve) => call.once('drain', resolve).once('cancelled', resolve));
        }
        if (working-- === WINDOW_REQUESTS) call.resume();
      });
  });
  call.on('end', end);
  call.on('error', onError);
  return end;
};
