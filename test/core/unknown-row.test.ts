import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prepared } from './prepared.ts';

const scorer = prepared({
  inputs: { pickup: { kind: 'number', nullable: true }, dropoff: { kind: 'number', nullable: true } },
  takes: [{ name: 'pickup' }, { name: 'dropoff' }],
});

describe('a row of which the model knows no field', () => {
  it('is refused, though every field may be absent, and those beside it are answered', async () => {
    const answers = await scorer.score([{ pickup: 1 }, { PULocationID: 1, DOLocationID: 2 }, {}, { dropoff: null }]);
    assert.deepEqual(
      answers.map(({ error }) => error?.code),
      [undefined, 'UNKNOWN_FIELD', 'MISSING_FIELD', undefined],
    );
    assert.equal(
      answers[1].error?.message,
      'The row has no field that this model knows: expected some of the fields pickup, dropoff, got PULocationID, DOLocationID.',
    );
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${at} ${'x'.repeat(1000)}`, 1]));
    const [{ error }] = await scorer.score([wide]);
    assert.ok(error && error.message.length < 1500, 'names are cut');
  });

  it('is refused in columns as in rows', async () => {
    const { errors } = await scorer.scoreColumns({ instances: [1, 2] });
    assert.deepEqual(
      [...errors].map(([row, { code, field }]) => [row, code, field]),
      [
        [0, 'UNKNOWN_FIELD', 'instances'],
        [1, 'UNKNOWN_FIELD', 'instances'],
      ],
    );
  });
});
