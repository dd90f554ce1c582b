import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { Fields, StepConfig } from '../../src/core/types.ts';
import { type Prepared, prepared } from './prepared.ts';
import { number, text, time } from './steps-cases.ts';

describe('a step that cannot work is refused before any row', () => {
  const inputs: Fields = {
    distance: number,
    zone: text,
    pickup: time,
    vector: { kind: 'tensor', dtype: 'float32', shape: [3] },
  };
  const refusals: readonly (readonly [string, StepConfig, RegExp])[] = [
    [
      'a name that is nearly right',
      { log1p: { of: 'distanse', as: 'y' } },
      /prepare\[0\] \(log1p\): there is no "distanse" here\. Did you mean distance\?/,
    ],
    ['a name of a later step', { log1p: { of: 'y' } }, /there is no "y"/],
    ['a step that does not exist', { logp1: { of: 'distance' } }, /there is no such step\. Did you mean log1p\?/],
    ['no step at all', {}, /there is no such step/],
    ['two steps in one', { log1p: { of: 'distance' }, clip: { of: 'distance', min: 0 } }, /a step has one name/],
    ['a name that objects have', { constructor: { of: 'distance' } } as unknown as StepConfig, /there is no such step/],
    ['a setting that does not exist', { log1p: { off: 'distance' } }, /there is no setting off\. Did you mean of\?/],
    ['a setting that is missing', { scale: { of: 'distance', mean: 1 } }, /std is missing/],
    ['numbers out of a text', { log1p: { of: 'zone' } }, /zone is a string column; this step needs number/],
    [
      'a text out of numbers',
      { join: { fields: ['zone', 'distance'], as: 'y' } },
      /distance is a number column; this step needs string/,
    ],
    ['a tensor as a number', { clip: { of: 'vector', min: 0 } }, /vector is a tensor column/],
    ['a cast of a tensor', { cast: { of: 'vector', to: 'text' } }, /vector is a tensor column/],
    ['the hour of a number', { hour: { of: 'distance', as: 'y' } }, /distance is not a datetime/],
    [
      'a difference from a number',
      { difference: { of: 'pickup', since: 'distance', unit: 'hour', as: 'y' } },
      /distance is not a datetime/,
    ],
    [
      'a zone that does not exist',
      { hour: { of: 'pickup', as: 'y', zone: 'America/New_Yrok' } },
      /no time zone "America\/New_Yrok"/,
    ],
    ['a range upside down', { clip: { of: 'distance', min: 2, max: 1, as: 'y' } }, /min 2 is above max 1/],
    ['a number in place of a text', { impute: { of: 'zone', with: 1 } }, /zone is a string column/],
    ['a table of two kinds', { lookup: { of: 'zone', table: { a: 1, b: 'x' }, as: 'y' } }, /numbers and texts/],
    [
      'a default of another kind',
      { lookup: { of: 'zone', table: { a: 1 }, default: 'x', as: 'y' } },
      /numbers and texts/,
    ],
    ['a text among the features', { concat: { fields: ['distance', 'zone'], as: 'x' } }, /zone is a string column/],
  ];
  for (const [what, step, message] of refusals)
    test(what, () => {
      const make = () => prepared({ inputs, prepare: [step], takes: [{ name: 'y' }] });
      assert.throws(make, (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.code, 'BAD_MANIFEST');
        assert.match(error.message, message);
        return true;
      });
    });

  const feeds: readonly (readonly [string, Omit<Prepared, 'inputs'>, RegExp])[] = [
    [
      'nothing feeds an input of the graph',
      { takes: [{ name: 'distanc' }] },
      /Nothing feeds .*Did you mean it by distance\?/,
    ],
    ['a text where the graph takes numbers', { takes: [{ name: 'zone' }] }, /cannot be fed by a string column/],
    [
      'a number where the graph takes strings',
      { takes: [{ name: 'distance', dtype: 'string' }] },
      /cannot be fed by a number column/,
    ],
    ['a tensor of another dtype', { takes: [{ name: 'vector', dims: [3] }] }, /cannot be fed by a float32 tensor/],
    [
      'a tensor of another width',
      { takes: [{ name: 'vector', dtype: 'float32', dims: [4] }] },
      /takes 4 values a row; vector is a tensor of shape \[3\]/,
    ],
    [
      'a tensor of another rank',
      { takes: [{ name: 'vector', dtype: 'float32', dims: [null, 2] }] },
      /vector is a tensor of shape \[3\]/,
    ],
    [
      'one number where the graph takes several',
      { takes: [{ name: 'distance', dims: [4] }] },
      /takes 4 values a row; distance is one/,
    ],
    [
      'too few features',
      { prepare: [{ concat: { fields: ['distance'], as: 'x' } }], takes: [{ name: 'x', dims: [2] }] },
      /takes 2 features, not 1/,
    ],
    [
      'a concat of another dtype',
      { prepare: [{ concat: { fields: ['distance'], as: 'x', dtype: 'float32' } }], takes: [{ name: 'x' }] },
      /cannot be fed by a float32 tensor/,
    ],
  ];
  for (const [what, parts, message] of feeds)
    test(what, () => {
      assert.throws(() => prepared({ inputs, ...parts }), { code: 'BAD_MANIFEST', message });
    });
});
