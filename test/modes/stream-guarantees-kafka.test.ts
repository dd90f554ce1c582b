import { after } from 'node:test';
import { streamGuarantees } from '../contracts/stream-guarantees.ts';
import { hasKafka, type TestKafka, testKafka } from '../kafka.ts';

if (hasKafka('What streams promise on Kafka')) {
  let kafka: Promise<TestKafka> | undefined;
  after(async () => (await kafka)?.remove());

  streamGuarantees('Kafka', async () => {
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
