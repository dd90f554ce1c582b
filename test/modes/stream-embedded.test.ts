import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openBroker } from '../../src/brokers/index.ts';
import { streamModeContract } from '../contracts/stream-mode.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

streamModeContract('the embedded log', () => openBroker('embedded:streams.db?lease=2s', { home: folder, folder }));
