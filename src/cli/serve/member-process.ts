/** One of several processes of a service. It shares the ports of the process that started it, and ends with it. */
import { createApp } from '../../app.ts';
import { MillraceError, problemOf } from '../../core/errors.ts';
import type { Peers } from '../../modes/service/peers.ts';
import type { Control, FromMember, Matter, Start, ToMember } from './messages.ts';
import { type Running, startService } from './running.ts';

const say = (message: FromMember): void => {
  process.send?.(message);
};

// A terminal sends these to all processes of a group; when a member stops is said by the process that started it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

const raised = new Map<number, { resolve(text: string): void; reject(error: Error): void }>();
let raises = 0;
const raise = (matter: Matter): Promise<string> =>
  new Promise((resolve, reject) => {
    const number = ++raises;
    raised.set(number, { resolve, reject });
    say({ raise: number, matter });
  });

const peers: Peers = {
  metrics: () => raise('metrics'),
  load: async (name) => void (await raise({ load: name })),
  unload: async (name, version) => void (await raise({ unload: name, version })),
};

let running: Running | undefined;
let close: (() => Promise<void>) | undefined;

const apply = async ({ service }: Running, control: Control): Promise<void> => {
  const { models } = service.plane;
  if ('load' in control) await models.load(control.load);
  else await models.unload(control.unload, control.version);
};

const start = async ({ cwd, file, refs, options, port, controls }: Start): Promise<void> => {
  const app = createApp({ cwd, env: process.env, file });
  try {
    running = await startService({ app, refs, options, port, env: process.env, peers });
    for (const control of controls) await apply(running, control);
    const listening = await running.listen();
    close = async () => {
      await running?.close({ lame: true });
      await app.close();
    };
    say({ listening });
  } catch (error) {
    await running?.close({ lame: false });
    await app.close();
    throw error;
  }
};

const takePart = async (part: number, matter: Matter): Promise<void> => {
  if (running === undefined) return;
  if (matter === 'metrics') {
    const metrics = await running.service.plane.metrics.registry.getMetricsAsJSON();
    return say({ part, metrics });
  }
  await apply(running, matter);
  say({ part, done: true });
};

process.on('message', (message: ToMember) => {
  if ('start' in message) {
    start(message.start).catch((error: unknown) => {
      say({ failed: problemOf(error) });
      process.disconnect();
    });
  } else if ('part' in message) {
    takePart(message.part, message.matter).catch((error: unknown) =>
      say({ part: message.part, problem: problemOf(error) }),
    );
  } else if ('raised' in message) {
    const waiting = raised.get(message.raised);
    raised.delete(message.raised);
    if ('text' in message) waiting?.resolve(message.text);
    else waiting?.reject(new MillraceError(message.problem));
  } else {
    // Disconnected, nothing keeps the process alive any more.
    void close?.().finally(() => process.disconnect());
  }
});
