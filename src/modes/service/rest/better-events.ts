/** Better predictions as they come, as Server-Sent Events (WHATWG HTML, 9.2). */
import type { Pass } from '../../../access/pass.ts';
import type { Limits } from '../limits.ts';
import type { Better, BetterPredictions } from '../publish/better.ts';
import type { LongAnswer } from './route.ts';

export interface BetterEvents {
  readonly id: string;
  readonly predictions: BetterPredictions;
  readonly limits: Pick<Limits, 'listenMs' | 'heartbeatMs'>;
  /** Who listens; undefined where everybody may. */
  readonly pass?: Pass | undefined;
}

/** JSON has no line ends of its own, so one line holds it. */
const eventOf = ({ json }: Better): string => `event: better\ndata: ${json}\n\n`;
/** Its time is over, the service stops, or who listens may not any more. */
type End = 'time' | 'stopping' | 'access';
/** Says that nothing more will come over this connection; browsers would connect again. */
const endOf = (reason: End): string => `event: end\ndata: {"reason":"${reason}"}\n\n`;

/** Those that are there, and then each as it comes, until the caller goes, its time is over or the service stops. */
export const betterEvents = ({
  id,
  predictions,
  limits: { listenMs, heartbeatMs },
  pass,
}: BetterEvents): LongAnswer => ({
  headers: {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Proxies that gather answers before they pass them on would hold events back.
    'x-accel-buffering': 'no',
  },
  begin({ write, end }) {
    const tell = (text: string): void => {
      if (pass?.isGood() ?? true) write(text);
      else finish('access');
    };
    const stopListening = predictions.listen(id, {
      hear: (better) => tell(eventOf(better)),
      end: () => finish('stopping'),
    });
    const heartbeat = setInterval(() => tell(':\n\n'), heartbeatMs);
    const over = setTimeout(() => finish('time'), listenMs);
    const stop = (): void => {
      clearInterval(heartbeat);
      clearTimeout(over);
      stopListening();
    };
    const finish = (reason: End): void => {
      stop();
      end(endOf(reason));
    };
    write(`:\n\n${predictions.of(id).map(eventOf).join('')}`);
    return stop;
  },
});
