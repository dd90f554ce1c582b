/**
 * How far the messages of a call have come, read off their frames: a byte that says whether the message is compressed, its
 * length in four bytes, the message (gRPC over HTTP/2, "Length-Prefixed-Message").
 */
export interface Framing {
  /** Bytes of the message that has begun to come, and is not whole. */
  readonly pending: number;
  /** Messages that have come whole. */
  readonly whole: number;
  push(chunk: Uint8Array): void;
}

const HEAD_BYTES = 5;

/** `onCompressed` is told of each compressed message and its bytes, before they have come. */
export const createFraming = (onCompressed: (bytes: number) => void): Framing => {
  const head = new Uint8Array(HEAD_BYTES);
  let ofHead = 0;
  let length = 0;
  let ofBody = 0;
  let whole = 0;
  const finish = (): void => {
    whole++;
    ofHead = 0;
    ofBody = 0;
  };
  return {
    get pending() {
      return ofHead + ofBody;
    },
    get whole() {
      return whole;
    },
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (ofHead < HEAD_BYTES) {
          head[ofHead++] = chunk[at++];
          if (ofHead < HEAD_BYTES) continue;
          length = new DataView(head.buffer).getUint32(1);
          if (head[0] === 1) onCompressed(length);
        } else {
          const size = Math.min(length - ofBody, chunk.length - at);
          ofBody += size;
          at += size;
        }
        if (ofBody === length) finish();
      }
    },
  };
};
