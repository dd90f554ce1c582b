import { after } from 'node:test';
import { decideContract } from '../contracts/decide.ts';
import { hasKafka, type TestKafka, testKafka } from '../kafka.ts';

if (hasKafka('Decisions on Kafka')) {
  let kafka: Promise<TestKafka> | undefined;
  after(async () => (await kafka)?.remove());

  decideContract('Kafka', async () => {
    kafka ??= testKafka();
    return { address: (await kafka).address };
  });
}
