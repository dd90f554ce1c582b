import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { chainContract } from '../contracts/chain.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

chainContract('the embedded log', async () => ({ address: `embedded:${join(folder, 'streams.db')}?lease=2s` }));
