import { decideContract } from '../contracts/decide.ts';
import { withKafka } from '../kafka.ts';

withKafka('Decisions on Kafka', (lend) => decideContract('Kafka', lend));
