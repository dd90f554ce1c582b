/** How soon a service answers. */
import { startService } from '../serving.ts';
import { path, rowOf } from './requests.ts';
import { type Found, median } from './turns.ts';

/** Milliseconds from the start of the process to its first answer. */
export const startup = async (short: boolean): Promise<Found> => {
  const body = JSON.stringify(rowOf());
  const times: number[] = [];
  for (let turn = 0; turn < (short ? 1 : 5); turn++) {
    const began = performance.now();
    const server = await startService();
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers, body });
    await response.text();
    times.push(performance.now() - began);
    await server.stop();
  }
  const name = 'first answer after millrace serve, s';
  return { rows: [], ratios: { [name]: median(times) / 1000 }, goals: { [name]: { atMost: 1 } } };
};
