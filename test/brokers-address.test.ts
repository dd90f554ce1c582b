import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openBroker } from '../src/brokers/index.ts';
import { parseAddress } from '../src/brokers/kafka/address.ts';
import { createPartitioner, murmur2 } from '../src/brokers/partitioner.ts';
import type { MillraceError } from '../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-address-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the address of a broker', () => {
  it('names hosts, with the usual port unless said', () => {
    const { place, connection, sessionMs } = parseAddress('kafka://a,b:9093', folder);
    assert.equal(place, 'kafka://a,b:9093');
    assert.deepEqual(connection, { bootstrapBrokers: ['a:9092', 'b:9093'] });
    assert.equal(sessionMs, 10_000);
    assert.deepEqual(parseAddress('kafka://[::1]:9092', folder).connection.bootstrapBrokers, ['[::1]:9092']);
  });

  it('takes users, passwords and tokens, percent-encoded, and never shows them', () => {
    const plain = parseAddress('kafka://al%3Aice:p%40ss%2Fword@a:1', folder);
    assert.deepEqual(plain.connection.sasl, { mechanism: 'PLAIN', username: 'al:ice', password: 'p@ss/word' });
    assert.equal(plain.place, 'kafka://a:1');
    const scram = parseAddress('kafka://u:p@a?sasl=scram-sha-512', folder).connection.sasl;
    assert.equal(scram?.mechanism, 'SCRAM-SHA-512');
    const token = parseAddress('kafka://u:t@a?sasl=oauthbearer&tls=true', folder).connection;
    assert.deepEqual(token.sasl, { mechanism: 'OAUTHBEARER', token: 't' });
    assert.deepEqual(token.tls, {});
  });

  it('reads certificates from files beside the project', () => {
    writeFileSync(join(folder, 'ca.pem'), 'trusted');
    assert.deepEqual(parseAddress('kafka://a?ca=ca.pem', folder).connection.tls, { ca: 'trusted' });
    assert.throws(() => parseAddress('kafka://a?ca=none.pem', folder), { code: 'FILE_NOT_FOUND' });
  });

  it('refuses what it cannot read, without the password', async () => {
    const wrong = [
      'kafka://',
      'kafka:a',
      'kafka://u:secret@a b',
      'kafka://u:secret@a?tlss=true',
      'kafka://a?sasl=none',
    ];
    for (const address of wrong) {
      assert.throws(
        () => parseAddress(address, folder),
        ({ code, problem }: MillraceError) => code === 'BAD_PROJECT' && !JSON.stringify(problem).includes('secret'),
        address,
      );
    }
    assert.throws(() => parseAddress('kafka://a?session=10', folder), { code: 'BAD_PROJECT' });
    for (const address of ['rabbit://a', '', 'sqlite:x', 'constructor']) {
      await assert.rejects(openBroker(address, { home: folder, folder }), { code: 'BAD_PROJECT' });
    }
  });
});

describe('the partition of a key', () => {
  it('is where other clients of Kafka look for it', () => {
    // From UtilsTest of Apache Kafka.
    const known: Readonly<Record<string, number>> = {
      21: -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      'a-little-bit-longer-string': -1486304829,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
      abc: 479470107,
    };
    for (const [key, hash] of Object.entries(known)) assert.equal(murmur2(Buffer.from(key)), hash, key);
  });

  it('without a key is each in turn', () => {
    const partitionOf = createPartitioner();
    const taken = new Set(Array.from({ length: 5 }, () => partitionOf(null, 5)));
    assert.equal(taken.size, 5);
  });
});
