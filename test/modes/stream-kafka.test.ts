import { openBroker } from '../../src/brokers/index.ts';
import { streamModeContract } from '../contracts/stream-mode.ts';
import { withKafka } from '../kafka.ts';

withKafka('Mode stream on Kafka', (lend) =>
  streamModeContract('Kafka', async () => openBroker((await lend()).address, { home: '.', folder: '.' })),
);
