import { chainContract } from '../contracts/chain.ts';
import { withKafka } from '../kafka.ts';

withKafka('Chains on Kafka', (lend) => chainContract('Kafka', lend));
