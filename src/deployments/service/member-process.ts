/** One of several processes of a service. It shares the ports of the process that started it, and ends with it. */
import { fail } from '../../core/errors.ts';
import type { Peers } from '../../modes/service/peers.ts';
import type { Doors } from '../../modes/service/service.ts';
import { createResources, type Resources } from '../../resources/resources.ts';
import { serveProcess } from '../../threads/serve-process.ts';
import { type AnsweringProcess, startAnswering } from './answering.ts';
import type { MemberCalls, ServiceCalls } from './messages.ts';
import { placesOf, toldOf } from './places.ts';

let answering: AnsweringProcess | undefined;
let doors: Doors | undefined;
let resources: Resources | undefined;

/** Finishes what is in flight; may be called again. */
const close = async (): Promise<void> => {
  await answering?.close({ lameDuckMs: 0 });
  await resources?.close();
};

const calls: MemberCalls = {
  async start({ cwd, file, servings, options, controls }) {
    resources = createResources({ cwd, env: process.env, file });
    try {
      answering = await startAnswering({ resources, servings, options, peers });
      for (const control of controls) await calls.apply(control);
      if (!process.connected) throw fail('CANCELLED', 'The process that started this one is gone.');
      doors = await answering.service.takeIn({ grpc: placesOf(options).grpc !== undefined });
      return toldOf(answering.service);
    } catch (error) {
      await close();
      throw error;
    }
  },
  connection(door, socket) {
    if (socket) doors?.[door]?.(socket);
  },
  metrics: async () => (await answering?.service.plane.metrics.registry.getMetricsAsJSON()) ?? [],
  async apply(control) {
    const models = answering?.service.plane.models;
    if ('load' in control) await models?.load(control.load);
    else await models?.unload(control.unload, control.version);
  },
  unready: () => answering?.service.unready(),
  // Disconnected, nothing keeps the process alive any more.
  stop: () => void close().finally(() => process.connected && process.disconnect()),
};

const { ask } = serveProcess<ServiceCalls>(calls);
const peers: Peers = {
  metrics: () => ask('raise', ['metrics']),
  load: async (name) => void (await ask('raise', [{ load: name }])),
  unload: async (name, version) => void (await ask('raise', [{ unload: name, version }])),
};

// Without the process that started it nobody hands it connections; those that it has are finished.
process.on('disconnect', () => void close());
