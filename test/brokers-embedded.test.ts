import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openBroker } from '../src/brokers/index.ts';
import { brokersContract } from './contracts/brokers.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

brokersContract('the embedded log', async () => {
  const address = `embedded:${join(folder, 'streams.db')}?lease=1s`;
  return { name: 'embedded', address, open: () => openBroker(address, { home: folder, folder }) };
});
