/** One of several processes of a service. It shares the ports of the process that started it, and ends with it. */
import type { Socket } from 'node:net';
import { fail, MillraceError, problemOf } from '../../core/errors.ts';
import type { Peers } from '../../modes/service/peers.ts';
import type { Doors } from '../../modes/service/service.ts';
import { createResources, type Resources } from '../../resources/resources.ts';
import { type AnsweringProcess, startAnswering } from './answering.ts';
import type { Control, FromMember, Matter, Start, ToMember } from './messages.ts';
import { placesOf, toldOf } from './places.ts';

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

let answering: AnsweringProcess | undefined;
let doors: Doors | undefined;
let resources: Resources | undefined;

/** Finishes what is in flight; may be called again. */
const close = async (): Promise<void> => {
  await answering?.close({ lameDuckMs: 0 });
  await resources?.close();
};

const apply = async ({ service }: AnsweringProcess, control: Control): Promise<void> => {
  const { models } = service.plane;
  if ('load' in control) await models.load(control.load);
  else await models.unload(control.unload, control.version);
};

const start = async ({ cwd, file, servings, options, controls }: Start): Promise<void> => {
  resources = createResources({ cwd, env: process.env, file });
  try {
    answering = await startAnswering({ resources, servings, options, peers });
    for (const control of controls) await apply(answering, control);
    if (!process.connected) throw fail('CANCELLED', 'The process that started this one is gone.');
    doors = await answering.service.takeIn({ grpc: placesOf(options).grpc !== undefined });
    say({ ready: toldOf(answering.service) });
  } catch (error) {
    await close();
    throw error;
  }
};

const takePart = async (part: number, matter: Matter): Promise<void> => {
  if (answering === undefined) return;
  if (matter === 'metrics') {
    const metrics = await answering.service.plane.metrics.registry.getMetricsAsJSON();
    return say({ part, metrics });
  }
  await apply(answering, matter);
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
  } else if ('unready' in message) answering?.service.unready();
  // Disconnected, nothing keeps the process alive any more.
  else void close().finally(() => process.connected && process.disconnect());
});

// Without the process that started it nobody hands it connections; those that it has are finished.
process.on('disconnect', () => void close());
