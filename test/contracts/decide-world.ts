import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import type { Broker, NewEvent, StreamEvent } from '../../src/brokers/broker.ts';
import { openBroker } from '../../src/brokers/index.ts';
import { startDecide } from '../../src/modes/decide/decide.ts';
import type { Decision } from '../../src/modes/decide/decision.ts';
import { type DecideDeployment, prepareDecide } from '../../src/modes/decide/deployment.ts';
import { openMemories } from '../../src/modes/decide/memory.ts';
import { createDecideMetrics } from '../../src/modes/decide/metrics.ts';
import type { DecideSettings } from '../../src/project/deployments/decide.ts';
import { until } from '../until.ts';

export { until };

export const secret = `whsec_${randomBytes(32).toString('base64')}`;

export const readAll = async (broker: Broker, topic: string): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
  return events;
};

const saidBy = ({ value }: StreamEvent) => JSON.parse(Buffer.from(value ?? []).toString());

interface Told {
  readonly id: string;
  readonly data: Decision;
}

/** Somebody who is called. `answer` says with which status, and may take its time. */
export const receiver = async (answer: (id: string, calls: number) => number | Promise<number>) => {
  const calls: { readonly id: string; readonly body: { readonly data: Decision } }[] = [];
  const server = createServer(async (request, response) => {
    const id = String(request.headers['webhook-id']);
    calls.push({ id, body: (await json(request)) as { readonly data: Decision } });
    response.writeHead(await answer(id, calls.length)).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/decisions`,
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export const processes = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of processes) child.kill('SIGKILL');
});

interface Running {
  readonly waiting: () => number;
  /** May be called twice. */
  stop(): Promise<void>;
}

interface World {
  readonly broker: Broker;
  readonly address: string;
  readonly folder: string;
  readonly settings: DecideSettings;
  readonly deployment: DecideDeployment;
  /** Sends parts: by name, the key and the data. */
  send(part: string, ...events: readonly (readonly [key: string, data: unknown])[]): Promise<void>;
  sendRaw(part: string, event: Omit<NewEvent, 'topic'>): Promise<void>;
  /** Puts a deployment to work in this process. */
  run(more?: Partial<DecideSettings>, home?: string): Promise<Running>;
  decisions(): Promise<readonly Told[]>;
  letters(): Promise<readonly StreamEvent[]>;
}

/** What the tests of the mode share. */
export const worldOf = (start: () => Promise<{ readonly address: string }>) => {
  /** A deployment of its own topics: rides and fares that are waited for, tips that are not. */
  const using = async (more: Partial<DecideSettings>, test: (world: World) => Promise<void>): Promise<void> => {
    const { address } = await start();
    const folder = mkdtempSync(join(tmpdir(), 'millrace-decide-'));
    const mark = folder.slice(-6).toLowerCase();
    const topic = (part: string): string => `${part}-${mark}`;
    const offers = `offers-${mark}`;
    const settings: DecideSettings = {
      mode: 'decide',
      from: {
        ride: { topic: topic('rides'), key: 'ride_id' },
        fare: topic('fares'),
        tip: { topic: topic('tips'), optional: true },
      },
      within: '30s',
      rules: [
        {
          name: 'dear',
          if: 'fare.prediction.fare > ride.limit',
          with: { over: 'fare.prediction.fare - ride.limit' },
        },
      ],
      otherwise: 'fine',
      to: topic('decisions'),
      ...more,
    };
    const deployment = prepareDecide(offers, settings);
    const broker = await openBroker(address, { home: folder, folder });
    const decides: (() => Promise<void>)[] = [];
    const topicOf = (part: string): string => topic(`${part}s`);
    try {
      for (const one of [...deployment.topics, deployment.decisions]) await broker.ensureTopic(one, { partitions: 3 });
      await test({
        broker,
        address,
        folder,
        settings,
        deployment,
        send: (part, ...events) =>
          broker.produce(
            events.map(([key, data]) => ({
              topic: topicOf(part),
              key: Buffer.from(key),
              value: Buffer.from(JSON.stringify(data)),
            })),
          ),
        sendRaw: (part, event) => broker.produce([{ topic: topicOf(part), ...event }]),
        run: async (changed = {}, home = 'decisions.db') => {
          const memories = await openMemories(join(folder, home));
          const decide = await startDecide({
            deployment: prepareDecide(offers, { ...settings, ...changed }),
            broker,
            memories,
            metrics: createDecideMetrics(new Registry()),
          });
          const stop = async (): Promise<void> => {
            await decide.stop();
            memories.close();
          };
          let stopped: Promise<void> | undefined;
          const running: Running = {
            waiting: () => decide.waiting,
            stop: () => {
              stopped ??= stop();
              return stopped;
            },
          };
          decides.push(running.stop);
          return running;
        },
        decisions: async () => (await readAll(broker, deployment.decisions)).map(saidBy),
        letters: async () => readAll(broker, deployment.deadLetters),
      });
    } finally {
      for (const child of processes) child.kill('SIGKILL');
      await Promise.all(decides.map((stop) => stop()));
      await broker.close();
      rmSync(folder, { recursive: true, force: true });
    }
  };

  const ride = (key: string, limit = 10) => [key, { ride_id: key, limit }] as const;
  const fare = (key: string, dollars: number) =>
    [key, { key, model: 'fare', version: '1.0.0', digest: 'sha256:1', prediction: { fare: dollars } }] as const;
  const graveOf = ({ deadLetters, replay, groups }: DecideDeployment) => ({
    deadLetters,
    replay,
    group: groups.collect,
  });
  return { using, ride, fare, graveOf };
};
export type DecideWorld = ReturnType<typeof worldOf>;
