import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openLogFile } from '../src/brokers/embedded/database.ts';
import { createTopics } from '../src/brokers/embedded/topics.ts';
import { openBroker } from '../src/brokers/index.ts';
import { brokersContract } from './contracts/brokers.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

brokersContract('the embedded log', async () => {
  const address = `embedded:${join(folder, 'streams.db')}?lease=1s`;
  return { name: 'embedded', address, open: () => openBroker(address, { home: folder, folder }) };
});

describe('the embedded log alone', () => {
  it('removes what is older than its topic keeps, a part at a time, and never gives an offset twice', async () => {
    const file = await openLogFile(join(folder, 'old.db'));
    const hour = 3_600_000;
    let now = 100 * hour;
    const topics = createTopics(file, () => now);
    const value = Buffer.from('x');
    await file.write(() => {
      topics.ensure('short', { partitions: 1, retentionMs: hour });
      topics.ensure('long', { partitions: 1, retentionMs: 50 * hour });
      topics.append(Array.from({ length: 6000 }, () => ({ topic: 'short', value })));
      topics.append([{ topic: 'long', value }]);
    });
    now += hour / 2;
    await file.write(() => topics.append([{ topic: 'short', value }]));
    assert.equal(await file.write(() => topics.expire(now)), 0);
    now += hour + 1;
    assert.equal(await file.write(() => topics.expire(now)), 5000);
    assert.equal(await file.write(() => topics.expire(now)), 1001);
    assert.equal(await file.write(() => topics.expire(now)), 0);
    const [short] = topics.lanesOf('short');
    assert.deepEqual([short?.start, short?.end], [6001, 6001]);
    await file.write(() => topics.append([{ topic: 'short', value }]));
    assert.deepEqual(
      topics.read(short?.id ?? 0, 0, 10, 1000).map(({ offset }) => offset),
      [6001],
    );
    assert.equal(topics.lanesOf('long')[0]?.start, 0);
    file.close();
  });

  it('lies in the home of the project unless its address says where', async () => {
    const home = join(folder, 'home');
    const at = async (address: string): Promise<string> => {
      const broker = await openBroker(address, { home, folder });
      await broker.close();
      return broker.place;
    };
    assert.equal(await at('embedded'), `sqlite:${join(home, 'streams.db')}`);
    assert.equal(await at('embedded:log/a.db'), `sqlite:${join(folder, 'log', 'a.db')}`);
  });
});
