import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { type App, createApp } from '../../../src/app.ts';
import { prepareStream } from '../../../src/modes/stream/deployment.ts';
import { createStreamMetrics } from '../../../src/modes/stream/metrics.ts';
import { type Stream, startStream } from '../../../src/modes/stream/stream.ts';
import type { StreamSettings } from '../../../src/project/deployments/stream.ts';
import { tempFolder } from '../../temp-folder.ts';
import { models } from './serving.ts';

export const millrace = join(import.meta.dirname, '../../../bin/millrace.js');
export const row = { units: 3, price: 4 };
export const prediction = { total: 12, over: false };

export interface Better {
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly prediction: typeof prediction;
}

export interface Shown {
  readonly id: string;
  readonly prediction: typeof prediction;
  readonly better: readonly Better[];
}

const project = `
deployments:
  orders:
    mode: service
    model: ${models.integers}
    publish: { topic: asked, better: answered }
    records_api: true
  second-look:
    mode: stream
    model: ${models.integers}
    from: asked
    input: $.input
    to: answered
    batch: { size: 5 }
`;

export const openProject = (t: TestContext): App => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'millrace.yaml'), project);
  const app = createApp({ cwd: folder, env: { HOME: folder } });
  t.after(() => app.close());
  return app;
};

/** The better half. */
export const predictAgain = async (
  t: TestContext,
  app: App,
  name: string,
  more: Partial<StreamSettings>,
): Promise<Stream> => {
  const settings = { mode: 'stream', model: models.integers, from: 'asked', input: '$.input', to: 'answered', ...more };
  const stream = await startStream({
    deployment: prepareStream(name, settings as StreamSettings),
    broker: await app.broker(),
    source: app,
    metrics: createStreamMetrics(new Registry()),
  });
  t.after(() => stream.stop());
  return stream;
};

interface ServerSent {
  readonly event: string;
  readonly data: unknown;
}

/** Listens to an address of Server-Sent Events, as it says them. */
export const listen = async (t: TestContext, url: string) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const response = await fetch(url, { signal: stop.signal });
  const heard: ServerSent[] = [];
  let heartbeats = 0;
  const told = (text: string): void => {
    const fields = new Map(text.split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string]));
    const data = fields.get('data');
    if (data === undefined) heartbeats++;
    else heard.push({ event: fields.get('event') ?? 'message', data: JSON.parse(data) });
  };
  const read = async (): Promise<void> => {
    let text = '';
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const parts = (text + Buffer.from(piece).toString()).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) told(part);
    }
  };
  const ended = read().catch(() => undefined);
  return {
    response,
    heard,
    heartbeats: () => heartbeats,
    ended,
    stop: () => stop.abort(),
  };
};
