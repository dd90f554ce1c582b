/** One of several processes of a service. It shares the ports of the process that started it, and ends with it. */
import type { Socket } from 'node:net';
import { type App, createApp } from '../../app.ts';
import { fail, MillraceError, problemOf } from '../../core/errors.ts';
import type { Peers } from '../../modes/service/peers.ts';
import type { Doors } from '../../modes/service/service.ts';
import type { Control, FromMember, Matter, Start, ToMember } from './messages.ts';
import { type Running, startService, toldOf } from './running.ts';

const say = (message: FromMember): void => {
  if (process.connected) process.send?.(message);
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
let doors: Doors | undefined;
let app: App | undefined;

/** Finishes what is in flight; may be called again. */
const close = async (): Promise<void> => {
  await running?.close({ lame: false });
  await app?.close();
};

const apply = async ({ service }: Running, control: Control): Promise<void> => {
  const { models } = service.plane;
  if ('load' in control) await models.load(control.load);
  else await models.unload(control.unload, control.version);
};

const start = async ({ cwd, file, servings, options, port, controls }: Start): Promise<void> => {
  app = createApp({ cwd, env: process.env, file });
  try {
    running = await startService({ app, servings, options, port, env: process.env, peers });
    for (const control of controls) await apply(running, control);
    if (!process.connected) throw fail('CANCELLED', 'The process that started this one is gone.');
    doors = await running.service.takeIn({ grpc: options.grpc });
    say({ ready: toldOf(running.service) });
  } catch (error) {
    await close();
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

process.on('message', (message: ToMember, socket: Socket | undefined) => {
  if ('connection' in message) {
    // A caller who is gone by now leaves a message without its connection.
    if (socket) doors?.[message.connection]?.(socket);
  } else if ('start' in message) {
    start(message.start).catch((error: unknown) => {
      say({ failed: problemOf(error) });
      if (process.connected) process.disconnect();
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
  } else if ('unready' in message) running?.service.unready();
  // Disconnected, nothing keeps the process alive any more.
  else void close().finally(() => process.connected && process.disconnect());
});

// Without the process that started it nobody hands it connections; those that it has are finished.
process.on('disconnect', () => void close());
