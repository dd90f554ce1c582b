/** Rows that are counted one by one, as they come: what the law of continuous numbers does not cover. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainingBaseline } from '../../../src/monitor/drift/baseline.ts';
import { judgeWindow } from '../../../src/monitor/drift/judgement.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { binsOf, referenceOf } from '../../../src/monitor/profile/reference.ts';
import { createRandom, type Random } from './random.ts';
import { churn, type MadeTable, taxi } from './shapes.ts';

const SPLITS = 60;
const DIGITS = 3;

/** Counts windows that alarm beside a reference of the same kind of rows; as outputs, whose reference is rounded, too. */
const alarmsOf = ({ fields, make }: MadeTable, random: Random, m: number, n: number, digits?: number): number => {
  let alarms = 0;
  for (let split = 0; split < SPLITS; split++) {
    const known = referenceOf(fields, make(random, m), digits);
    const counting = startCounting(fields, binsOf(fields, known, {}));
    counting.add(make(random, n));
    const [here, there] = digits === undefined ? ['inputs', 'outputs'] : ['outputs', 'inputs'];
    const baseline = trainingBaseline({ rows: m, [here]: known, [there]: {} } as never);
    const window = { rows: n, [here]: counting.profile(), [there]: {} } as never;
    if (judgeWindow(baseline, window, { alpha: 0.05, leastRows: 1 }).state === 'drift') alarms++;
  }
  return alarms;
};

for (const [name, table] of Object.entries({ taxi, churn })) {
  test(`of windows of ${name} rows at most 6 % raise an alarm, as inputs and as outputs`, () => {
    const random = createRandom(8);
    for (const digits of [undefined, DIGITS]) {
      let [alarms, windows] = [0, 0];
      for (const [m, n] of [
        [1000, 100],
        [1000, 1000],
        [3000, 300],
      ]) {
        alarms += alarmsOf(table, random, m, n, digits);
        windows += SPLITS;
      }
      assert.ok(alarms / windows <= 0.06, `${digits === undefined ? 'inputs' : 'outputs'}: ${alarms} of ${windows}`);
    }
  });
}

test('what is new in such rows is found', () => {
  const random = createRandom(9);
  const known = referenceOf(taxi.fields, taxi.make(random, 5000));
  const counting = startCounting(taxi.fields, binsOf(taxi.fields, known, {}));
  const rides = taxi.make(random, 1000);
  const slower = (rides.fare as Float64Array).map((dollars) => dollars * 1.2);
  counting.add({
    ...rides,
    fare: slower,
    color: Array.from(slower, (_, ride) => (ride % 20 === 0 ? 'blue' : 'yellow')),
  });
  const baseline = trainingBaseline({ rows: 5000, inputs: known, outputs: {} });
  const { fields } = judgeWindow(baseline, { rows: 1000, inputs: counting.profile(), outputs: {} }, { alpha: 0.0027 });
  const drifting = fields.filter(({ state }) => state === 'drift');
  assert.deepEqual(drifting.map(({ field }) => field).toSorted(), ['color', 'fare']);
  assert.match(drifting.find(({ field }) => field === 'fare')?.words ?? '', /sd higher$/);
});
