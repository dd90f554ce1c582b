/**
 * What has arrived of each call. The framework collects messages without a word on how much of them it holds, so this
 * looks at the streams below it: unfinished messages count among all bodies, and calls and connections that never ask,
 * or never end what they ask, are ended.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Code } from '../../../core/errors.ts';
import type { Bodies } from '../bodies.ts';
import type { Limits } from '../limits.ts';
import { createFraming } from './framing.ts';

export interface Arrivals {
  /** Watches the calls of a connection, until it closes. */
  watch(socket: Socket): void;
  close(): void;
}

export interface ArrivalOptions {
  readonly limits: Pick<Limits, 'arrivalMs' | 'bodyBytes'>;
  readonly bodies: Bodies;
  /** Whether callers may send that method's messages whenever they like, such as those of a stream. */
  isStreaming(path: string): boolean;
  /** Told of each call or connection that is ended here. */
  readonly onCut: (code: Code) => void;
}

interface Caller {
  /** When it connected, on the clock of `performance.now()`; undefined once it has asked. */
  silentSince: number | undefined;
}

type Marked = Socket & { [mark: symbol]: Caller | undefined };

interface Call {
  /** When what it waits for began to come, on the clock of `performance.now()`; undefined while it waits for nothing. */
  waitingSince: number | undefined;
  /** Bytes counted among all bodies. */
  held: number;
}

/** As far as deflate can compress (zlib, "Technical Details"): a message may grow by so much. */
const MOST_RATIO = 1032;
const LOOK_MS = 500;

/** A longer message is counted until its call is answered. */
const SMALL_BYTES = 64 * 1024;

interface StreamCreated {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}
const STREAM_CREATED = 'http2.server.stream.created';

export const createArrivals = ({ limits, bodies, isStreaming, onCut }: ArrivalOptions): Arrivals => {
  const { arrivalMs, bodyBytes } = limits;
  /** Under which a socket has its caller: a session shows its socket through a proxy, which has all that the socket has. */
  const mark = Symbol('caller');
  const sockets = new Map<Socket, Caller>();
  const calls = new Map<ServerHttp2Stream, Call>();

  const cut = (stream: ServerHttp2Stream, code: Code): void => {
    onCut(code);
    // As gRPC translates it: RESOURCE_EXHAUSTED, CANCELLED.
    stream.close(code === 'BODIES_FULL' ? constants.NGHTTP2_ENHANCE_YOUR_CALM : constants.NGHTTP2_CANCEL);
  };

  const begin = (stream: ServerHttp2Stream, path: string): void => {
    const streaming = isStreaming(path);
    const hold = (bytes: number): void => {
      if (bodies.take(bytes)) call.held += bytes;
      else if (!stream.closed) cut(stream, 'BODIES_FULL');
    };
    /** Of compressed messages, all that they may become. */
    let reserved = 0;
    const framing = createFraming((bytes) => {
      const most = Math.min(bodyBytes, bytes * MOST_RATIO);
      reserved += most;
      hold(most);
    });
    const call: Call = { waitingSince: streaming ? undefined : performance.now(), held: 0 };
    calls.set(stream, call);
    stream.on('data', (chunk: Buffer) => {
      const { whole } = framing;
      framing.push(chunk);
      const { pending } = framing;
      if (streaming && framing.whole > whole) reserved = 0;
      if (pending === 0) call.waitingSince = undefined;
      else if (framing.whole > whole || call.waitingSince === undefined) call.waitingSince = performance.now();
      const more = pending + reserved - call.held;
      if (more > 0) hold(more);
      else if (streaming || call.held <= SMALL_BYTES) {
        bodies.give(-more);
        call.held += more;
      }
    });
    stream.once('close', () => {
      calls.delete(stream);
      bodies.give(call.held);
    });
  };

  const look = (): void => {
    const late = performance.now() - arrivalMs;
    for (const [socket, { silentSince }] of sockets) {
      if (silentSince === undefined || silentSince > late) continue;
      onCut('TOO_SLOW');
      socket.destroy();
    }
    for (const [stream, { waitingSince }] of calls) {
      if (waitingSince !== undefined && waitingSince <= late && !stream.closed) cut(stream, 'TOO_SLOW');
    }
  };
  const onStream = (message: unknown): void => {
    const { stream, headers } = message as StreamCreated;
    const caller = (stream.session?.socket as Marked | undefined)?.[mark];
    if (caller === undefined) return;
    caller.silentSince = undefined;
    begin(stream, String(headers[':path']));
  };
  const timer = setInterval(look, Math.min(LOOK_MS, arrivalMs));
  timer.unref();
  subscribe(STREAM_CREATED, onStream);

  return {
    watch(socket) {
      const caller: Caller = { silentSince: performance.now() };
      sockets.set(socket, caller);
      (socket as Marked)[mark] = caller;
      socket.once('close', () => sockets.delete(socket));
    },
    close() {
      clearInterval(timer);
      unsubscribe(STREAM_CREATED, onStream);
    },
  };
};
