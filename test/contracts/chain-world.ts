/** What chains of models are asked with: rides of the examples, a project with its processes, and who waits for what is said. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Broker } from '../../src/brokers/broker.ts';
import { openBroker } from '../../src/brokers/index.ts';
import type { Row } from '../../src/core/types.ts';
import { tempFolder } from '../temp-folder.ts';
import { until } from '../until.ts';

export { until };

const root = join(import.meta.dirname, '../..');
export const modelOf = (name: string): string => join(root, 'examples/taxi/models', name);
interface Example {
  readonly input: Row;
  readonly output: Row;
}
const examplesOf = (name: string): readonly Example[] =>
  JSON.parse(readFileSync(join(modelOf(name), 'examples.json'), 'utf8'));

/** What is known of a ride, what it costs and how long it takes, as the libraries that trained the models say. */
export const known = (() => {
  const fares = examplesOf('ride-fare');
  const places = ({ input: { passengers: _, ...rest } }: Example): string => JSON.stringify(rest);
  return examplesOf('ride-duration').flatMap((duration) => {
    const fare = fares.find((one) => places(one) === places(duration));
    return fare ? [{ ride: duration.input, dollars: fare.output.dollars, minutes: duration.output.minutes }] : [];
  });
})();
export const knownOf = (n: number) => known[n % known.length];

export const near = (got: unknown, expected: unknown): void =>
  assert.ok(Math.abs(Number(got) - Number(expected)) < 1e-3 * Math.abs(Number(expected)), `${got} is ${expected}`);

export const readAll = async <T>(broker: Broker, topic: string): Promise<readonly T[]> => {
  const said: T[] = [];
  for await (const { events } of broker.read(topic, { from: 'earliest', untilEnd: true })) {
    said.push(...events.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString())));
  }
  return said;
};

export interface Answer {
  readonly id: string;
  readonly prediction: Row;
}
export interface Better {
  readonly deployment: string;
  readonly model: string;
  readonly prediction: Row;
}
export interface Shown extends Answer {
  readonly better: readonly Better[];
}
export interface Offer {
  readonly data: { readonly key: string; readonly decision: string; readonly with: Row };
}

export const post = (url: string, model: string, ride: Row): Promise<Response> =>
  fetch(`${url}/predict/${model}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(ride),
  });

export const ask = async (url: string, ride: Row): Promise<Answer> => {
  const response = await post(url, 'ride-fare', ride);
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
};

/** What is shown of a prediction; undefined while the process that is asked does not know of it. */
export const show = async (url: string, id: string): Promise<Shown | undefined> => {
  const response = await fetch(`${url}/predictions/${id}`, { headers: { connection: 'close' } });
  const shown = await response.json();
  return response.ok ? (shown as Shown) : undefined;
};

/** Hears the better predictions of an id until the service has no more to say. */
export const listen = async (t: TestContext, url: string, id: string) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const { status, body } = await fetch(`${url}/predictions/${id}/events`, { signal: stop.signal });
  assert.equal(status, 200);
  const heard: Better[] = [];
  const ends: string[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
      const parts = (text + Buffer.from(piece).toString()).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
        if (event === 'better') heard.push(JSON.parse(data));
        else if (event !== undefined) ends.push(event);
      }
    }
  };
  return { heard, ends, over: read().catch(() => undefined) };
};

/** A project in a folder of its own; `mark` keeps its topics and groups apart from all others. */
export const openProjectAt = async (address: string, t: TestContext, deployments: (mark: string) => string) => {
  const folder = tempFolder(t);
  const mark = folder.slice(-6).toLowerCase();
  writeFileSync(
    join(folder, 'millrace.yaml'),
    `stream: ${JSON.stringify(address)}\ndeployments:\n${deployments(mark)}`,
  );
  const broker = await openBroker(address, { home: folder, folder });
  t.after(() => broker.close());
  /** A command in a process of its own, until it has said what it says when it is ready. */
  const millrace = async (ready: RegExp, ...words: readonly string[]) => {
    const child = spawn(process.execPath, [join(root, 'bin/millrace.js'), ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MILLRACE_HOME: join(folder, 'home') },
    });
    t.after(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += String(data);
      });
    }
    await until(`millrace ${words.join(' ')} is ready`, () => ready.test(said) || child.exitCode !== null);
    const found = ready.exec(said) ?? assert.fail(said);
    const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    };
    return { url: found[1], end };
  };
  return { mark, broker, millrace };
};
