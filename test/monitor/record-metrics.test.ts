import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { watchRecords } from '../../src/monitor/record-metrics.ts';

test('what became of records of modes is told, also where several modes tell it', async () => {
  const registry = new Registry();
  const dropped = { full: 3, too_large: 0, failed: 1 };
  const figures = { written: 12, dropped, waitingBytes: 100, bufferBytes: 2 ** 25, restarts: 0 };
  for (let mode = 0; mode < 2; mode++) watchRecords(registry, () => figures);
  for (let look = 0; look < 2; look++) {
    const text = await registry.metrics();
    assert.match(text, /^millrace_mode_records_written_total 12$/m);
    assert.match(text, /^millrace_mode_records_dropped_total\{reason="full"\} 3$/m);
    assert.match(text, /^millrace_mode_records_waiting_bytes 100$/m);
  }
});

test('docs/RECORDS.md names each of these metrics, and no other', async () => {
  const registry = new Registry();
  watchRecords(registry, () => undefined);
  const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'RECORDS.md'), 'utf8');
  const named = [...new Set(docs.match(/millrace_mode_records_[a-z_]+/g))].sort();
  assert.deepEqual(
    named,
    registry
      .getMetricsAsArray()
      .map(({ name }) => name)
      .sort(),
  );
});
