import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import { chainContract } from '../contracts/chain.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'streams.db');

chainContract('the embedded log', async () => ({
  address: `embedded:${path}?lease=2s`,
  // A log without a server is away when another process holds its lock.
  takeAway: async () => {
    const other = new DatabaseSync(path, { timeout: 10_000 });
    other.exec('begin immediate');
    return async () => {
      other.exec('rollback');
      other.close();
    };
  },
}));
