import { after, describe } from 'node:test';
import type { Broker } from '../../src/brokers/broker.ts';
import { stopPostgres } from '../postgres.ts';
import { streamEvents } from './stream-events.ts';
import { streamHealth } from './stream-health.ts';
import { streamRecords } from './stream-records.ts';
import { streamShadow } from './stream-shadow.ts';
import { streamTables } from './stream-tables.ts';
import { streamTensors } from './stream-tensors.ts';
import { streamVersions } from './stream-versions.ts';
import { worldOf } from './stream-world.ts';

/** What the mode does with events, whichever broker they come from. */
export const streamModeContract = (name: string, open: () => Promise<Broker>): void => {
  describe(`mode stream on ${name}`, { timeout: 200_000 }, () => {
    after(stopPostgres);
    const world = worldOf(open);
    streamEvents(world);
    streamHealth(world);
    streamVersions(world);
    streamShadow(world);
    streamTables(world);
    streamRecords(world);
    streamTensors(world);
  });
};
