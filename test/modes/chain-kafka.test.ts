import { after } from 'node:test';
import { chainContract } from '../contracts/chain.ts';
import { hasKafka, type TestKafka, testKafka } from '../kafka.ts';

if (hasKafka('Chains on Kafka')) {
  let kafka: Promise<TestKafka> | undefined;
  after(async () => (await kafka)?.remove());

  chainContract('Kafka', async () => {
    kafka ??= testKafka();
    return { address: (await kafka).address };
  });
}
