import { after } from 'node:test';
import { openBroker } from '../../src/brokers/index.ts';
import { streamModeContract } from '../contracts/stream-mode.ts';
import { hasKafka, type TestKafka, testKafka } from '../kafka.ts';

if (hasKafka('Mode stream on Kafka')) {
  let kafka: Promise<TestKafka> | undefined;
  after(async () => (await kafka)?.remove());

  streamModeContract('Kafka', async () => {
    kafka ??= testKafka();
    return openBroker((await kafka).address, { home: '.', folder: '.' });
  });
}
