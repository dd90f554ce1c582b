/** `npm run kafka`: a Kafka on this machine until Ctrl-C. `--port 9092`, `--data <folder>`, `--fetch` (only fetch it). */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchKafka, lacking, startKafka } from './kafka-broker.ts';

const say = (line: string): boolean => process.stderr.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9092' },
    data: { type: 'string', default: '.cache/kafka/data' },
    fetch: { type: 'boolean', default: false },
  },
});

const missing = lacking();
if (missing !== undefined) {
  say(missing);
  process.exitCode = 1;
} else if (values.fetch) {
  fetchKafka();
} else {
  const broker = await startKafka({ port: Number(values.port), data: resolve(values.data) });
  say(`Kafka is ready at ${broker.address}; its data is in ${values.data}. Ctrl-C ends it.`);
  say(`In another terminal: export KAFKA_URL=${broker.address}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void broker.stop());
  await broker.ended();
}
