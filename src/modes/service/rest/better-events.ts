/** Better predictions as they come, as Server-Sent Events (WHATWG HTML, 9.2). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../limits.ts';
import type { Better, BetterPredictions } from '../publish/better.ts';

export interface SendOptions {
  readonly id: string;
  readonly predictions: BetterPredictions;
  readonly limits: Pick<Limits, 'listenMs' | 'heartbeatMs'>;
}

/** JSON has no line ends of its own, so one line holds it. */
const eventOf = ({ json }: Better): string => `event: better\ndata: ${json}\n\n`;
/** Says that nothing more will come over this connection; browsers would connect again. */
const endOf = (reason: 'time' | 'stopping'): string => `event: end\ndata: {"reason":"${reason}"}\n\n`;

/** Those that are there, and then each as it comes, until the caller goes, its time is over or the service stops. */
export const sendBetter = (
  request: FastifyRequest,
  reply: FastifyReply,
  { id, predictions, limits: { listenMs, heartbeatMs } }: SendOptions,
): void => {
  const { raw } = reply;
  const stopListening = predictions.listen(id, {
    hear: (better) => raw.write(eventOf(better)),
    end: () => end('stopping'),
  });
  const heartbeat = setInterval(() => raw.write(':\n\n'), heartbeatMs);
  const over = setTimeout(() => end('time'), listenMs);
  const stop = (): void => {
    clearInterval(heartbeat);
    clearTimeout(over);
    stopListening();
  };
  const end = (reason: 'time' | 'stopping'): void => {
    stop();
    raw.end(endOf(reason));
  };
  reply.hijack();
  raw.on('close', stop);
  // Whoever has gone meanwhile closed before there was anybody to hear of it.
  if (request.raw.socket.destroyed) {
    stop();
    return;
  }
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Proxies that gather answers before they pass them on would hold events back.
    'x-accel-buffering': 'no',
    'x-request-id': request.id,
    connection: 'close',
  });
  raw.write(`:\n\n${predictions.of(id).map(eventOf).join('')}`);
};
