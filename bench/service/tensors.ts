/** Many rows a request, as tensors in JSON and in binary. */
import { startService } from '../serving.ts';
import { inferRequest, some } from './requests.ts';
import { type Found, inTurns, ratioOf, rowOfTurns } from './turns.ts';

export const tensors = async (short: boolean): Promise<Found> => {
  const service = await startService();
  const rows = 64;
  const all = [false, true].map((binary) => ({
    name: binary ? 'binary' : 'JSON',
    server: service,
    requests: some(32, () => inferRequest(rows, binary)),
  }));
  const [json, binary] = await inTurns(all, { turns: short ? 1 : 5, seconds: short ? 0.3 : 2, connections: 16 });
  await service.stop();
  return {
    rows: [rowOfTurns('OIP in JSON, 64 rows', 16, json, rows), rowOfTurns('OIP in binary, 64 rows', 16, binary, rows)],
    ratios: { 'OIP, 64 rows a request: binary to JSON': ratioOf(binary, json) },
  };
};
