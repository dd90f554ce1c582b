import { after } from 'node:test';
import { openBroker } from '../src/brokers/index.ts';
import { brokersContract } from './contracts/brokers.ts';
import { hasKafka, type TestKafka, testKafka } from './kafka.ts';

if (hasKafka('The contract of brokers on Kafka')) {
  let kafka: Promise<TestKafka> | undefined;
  after(async () => (await kafka)?.remove());

  brokersContract('Kafka', async () => {
    kafka ??= testKafka();
    const { address } = await kafka;
    return { name: 'kafka', address, open: () => openBroker(address, { home: '.', folder: '.' }) };
  });
}
