/** One inference over gRPC: bytes in, the dataplane's answer as a message out. */
import type { Call } from '../calls.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Caller } from '../job.ts';
import { LARGE_BYTES } from '../reading/reader.ts';
import type { RequestSpan } from '../traces.ts';
import { passOf } from './admission.ts';
import type { AnyCall } from './calls.ts';
import { readInfer, timeoutOf, writeInfer } from './infer.ts';
import type { InferAnswer } from './messages.ts';

/** The earlier of what gRPC's own deadline and the request's parameter say, on the clock of `performance.now()`. */
const deadlineOf = (call: AnyCall, timeoutMs: number | undefined): number | undefined => {
  const now = performance.now();
  const deadline = now + Number(call.getDeadline()) - Date.now();
  const least = Math.min(deadline, now + (timeoutMs ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(least) ? least : undefined;
};

/** @throws BAD_REQUEST, BAD_SHAPE, WRONG_TYPE, TOO_MANY_ROWS; what the dataplane throws */
export const infer = async (
  plane: Pick<Dataplane, 'limits' | 'reader' | 'newId' | 'infer'>,
  call: AnyCall,
  bytes: Buffer,
  span: RequestSpan | undefined,
): Promise<InferAnswer> => {
  const { rows } = plane.limits;
  const caller: Caller = {
    get destroyed() {
      return call.cancelled;
    },
  };
  const reading =
    bytes.length > LARGE_BYTES
      ? await plane.reader.read('grpc', { bytes, rows }, caller, deadlineOf(call, undefined))
      : undefined;
  const { asked, request } = reading ?? readInfer(bytes, rows);
  const given: Call = {
    id: plane.newId(),
    bytes: asked.bytes,
    deadline: deadlineOf(call, timeoutOf(asked)),
    caller,
    span,
    headers: call.metadata,
    pass: passOf(call.metadata),
  };
  return writeInfer(asked, given.id, await plane.infer(request, given));
};
