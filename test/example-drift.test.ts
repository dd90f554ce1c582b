import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tellDriftStory } from '../examples/taxi/drift.ts';
import { tempFolder } from './temp-folder.ts';

test('the weather turns: the alarm comes on that day and not before, labels come and predictions turn out worse, the page tells of it', async (t) => {
  const lines: string[] = [];
  const { seen, worse, began, errors, page } = await tellDriftStory({
    home: tempFolder(t),
    days: 5,
    rainFrom: 2,
    ridesADay: 800,
    labelsAfter: 1,
    begin: new Date('2026-10-26T00:00:00Z'),
    say: (line) => lines.push(line),
  });
  assert.deepEqual([began, seen, worse], [2, 2, { of: 2, known: 3 }]);
  assert.match(
    lines.find((line) => line.startsWith('Thu 2026-10-29')) ?? '',
    /minutes is off by \d\.\d+ minutes on average, \d\.\d+ in/,
  );
  assert.match(lines.find((line) => line.includes('Wed 2026-10-28')) ?? '', /alarm .*distance is 0\.\d+ sd lower/);
  const [before = 0, after = 0] = [errors.get(1), errors.get(3)];
  assert.ok(after > 1.3 * before, `${before} ${after}`);
  assert.match(readFileSync(page, 'utf8'), /ride-duration needs a look: (?:predictions and )?inputs and right answers/);
});
