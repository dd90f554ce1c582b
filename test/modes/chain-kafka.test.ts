import { after } from 'node:test';
import { chainContract } from '../contracts/chain.ts';
import { hasKafka, type TestKafka, testKafka } from '../kafka.ts';

if (hasKafka('Chains on Kafka')) {
  let kafka: Promise<TestKafka> | undefined;
  after(async () => (await kafka)?.remove());

  chainContract('Kafka', async () => {
    kafka ??= testKafka();
    const { address, own } = await kafka;
    if (!own) return { address };
    return {
      address,
      takeAway: async () => {
        await own.stop();
        return own.start;
      },
    };
  });
}
