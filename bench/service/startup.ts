/** How soon a service answers, and what it takes to. */
import { type Server, startService, withInstalled } from '../serving.ts';
import { path, rowOf } from './requests.ts';
import { type Found, median } from './turns.ts';

interface First {
  /** From the start of the process to the first answer. */
  readonly seconds: number;
  readonly rssMiB: number;
}

const firstAnswer = async (start: () => Promise<Server>): Promise<First> => {
  const began = performance.now();
  const server = await start();
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(rowOf());
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers, body });
  await response.text();
  const seconds = (performance.now() - began) / 1000;
  const rssMiB = server.rss() / 2 ** 20;
  await server.stop();
  return { seconds, rssMiB };
};

const inTurns = async (turns: number, start: () => Promise<Server>): Promise<First> => {
  // Once to warm: what an installation compiles is kept.
  await firstAnswer(start);
  const all: First[] = [];
  for (let turn = 0; turn < turns; turn++) all.push(await firstAnswer(start));
  return { seconds: median(all.map(({ seconds }) => seconds)), rssMiB: median(all.map(({ rssMiB }) => rssMiB)) };
};

export const startup = async (short: boolean): Promise<Found> => {
  const turns = short ? 1 : 5;
  const checkout = await inTurns(turns, startService);
  const installed = await withInstalled((serve) => inTurns(turns, serve));
  const names = {
    checkout: 'first answer in a checkout, of a folder that is packed first, s',
    installed: 'first answer of an installed millrace serve, s',
    memory: 'memory of it after that, MiB',
  };
  return {
    rows: [],
    ratios: {
      [names.checkout]: checkout.seconds,
      [names.installed]: installed.seconds,
      [names.memory]: installed.rssMiB,
    },
    goals: {
      [names.checkout]: { atMost: 1 },
      [names.installed]: { atMost: 0.25 },
      [names.memory]: { atMost: 140 },
    },
  };
};
