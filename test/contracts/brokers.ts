import { describe } from 'node:test';
import { brokerEvents } from './broker-events.ts';
import { brokerGroups } from './broker-groups.ts';
import { brokerGrowth } from './broker-growth.ts';
import { brokerWork } from './broker-work.ts';
import { type BrokerUnderTest, worldOf } from './broker-world.ts';

/** What every stream broker promises. `broker` gives the one that the tests share. */
export const brokersContract = (name: string, start: () => Promise<BrokerUnderTest>): void => {
  describe(`streams in ${name}`, { timeout: 280_000 }, () => {
    const world = worldOf(start);
    brokerEvents(world);
    brokerGroups(world);
    brokerGrowth(world);
    brokerWork(world);
  });
};
