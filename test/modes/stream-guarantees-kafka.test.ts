import { streamGuarantees } from '../contracts/stream-guarantees.ts';
import { withKafka } from '../kafka.ts';

withKafka('What streams promise on Kafka', (lend) => streamGuarantees('Kafka', lend));
