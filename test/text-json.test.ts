import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../src/core/errors.ts';
import { readJson } from '../src/text/json.ts';
import { faultOf } from '../src/text/json-fault.ts';
import { keyTwice } from '../src/text/json-keys.ts';

const refusalOf = (text: string): MillraceError => {
  try {
    readJson(text, 'The text');
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BAD_JSON') return error;
    throw error;
  }
  throw new Error(`${text} is read`);
};

/** Another value than JSON.parse gives is asked for by `keepDigits` alone. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};

describe('reading JSON', () => {
  it('gives what JSON.parse gives, however it is written', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const value: unknown = JSON.parse(text);
        assert.deepEqual(plain(readJson(JSON.stringify(value, null, indent), 'The text')), value);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps every digit of an integer past 2^53, and of no other number', () => {
    const text = '[9007199254740991,9007199254740992,-9007199254740993,12345678901234567890123456789]';
    assert.deepEqual(readJson(text, 'The text'), [
      9007199254740991,
      9007199254740992n,
      -9007199254740993n,
      12345678901234567890123456789n,
    ]);
    assert.deepEqual(readJson('{"a":{"id":9007199254740993}}', 'The text'), { a: { id: 9007199254740993n } });
    assert.deepEqual(readJson('[1e300,9007199254740993.0,0.12345678901234567890,-0,1e400]', 'The text'), [
      1e300,
      9007199254740992,
      0.12345678901234568,
      -0,
      Infinity,
    ]);
    assert.deepEqual(readJson('["9007199254740993"]', 'The text'), ['9007199254740993']);
    assert.deepEqual(readJson(`[${'9'.repeat(1_000_000)}]`, 'The text'), [Infinity], 'past what a float64 holds');
  });

  it('refuses a key that an object has twice, and names it', () => {
    const twice: Readonly<Record<string, [key: string, at: number]>> = {
      '{"a":1,"a":2}': ['a', 7],
      '{"a" : 1, "b":{"a":2}, "a" :1}': ['a', 23],
      '{"a":1,"\\u0061":2}': ['a', 7],
      '[{"x":{"y":1,"z":[],"y":2}}]': ['y', 20],
      '{"":0,"":1}': ['', 6],
      '{"__proto__":0,"__proto__":1}': ['__proto__', 15],
      '{"1":0,"a":"b\\":","1":1}': ['1', 18],
    };
    for (const [text, [key, at]] of Object.entries(twice)) {
      const { problem } = refusalOf(text);
      assert.equal(problem.field, key, text);
      assert.ok(problem.message.includes(`${JSON.stringify(key)} twice`), problem.message);
      assert.ok(problem.message.includes(`position ${at} `), `${text}: ${problem.message}`);
    }
    for (const text of [
      '{"a":"\\":","b":"a\\": 1, \\"a\\":"}',
      '[{"a":1},{"a":2}]',
      '{"t":"10:30:00","u":"x\\\\"}',
      '{"a":{"a":1}}',
    ]) {
      assert.deepEqual(readJson(text, 'The text'), JSON.parse(text));
    }
  });

  it('finds a key twice wherever it stands, and none where there is none', () => {
    // No key ends in a backslash: behind one of those, V8 (Node 24) reads the key "\"" of the next object as a backslash.
    const key = fc.constantFrom('a', 'b', '"', ':', '":', '\\x', '\u2028', '__proto__');
    type Pairs = readonly (readonly [string, unknown])[];
    const object = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, key, fc.integer(), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
      object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }),
    })).object as fc.Arbitrary<Pairs>;
    const isObject = (value: unknown): value is Pairs =>
      Array.isArray(value) &&
      value.every((one) => Array.isArray(one) && one.length === 2 && typeof one[0] === 'string');
    const write = (value: unknown, gap: string): string => {
      if (isObject(value) && value.length > 0) {
        return `{${value.map(([name, inner]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${write(inner, gap)}`).join(',')}}`;
      }
      return Array.isArray(value) ? `[${value.map((one) => write(one, gap)).join(`,${gap}`)}]` : JSON.stringify(value);
    };
    const hasTwice = (value: unknown): boolean => {
      if (!isObject(value)) return Array.isArray(value) && (value as unknown[]).some(hasTwice);
      return new Set(value.map(([name]) => name)).size < value.length || value.some(([, inner]) => hasTwice(inner));
    };
    fc.assert(
      fc.property(object, fc.constantFrom('', ' ', '\n\t'), (given, gap) => {
        const text = write(given, gap);
        assert.equal(keyTwice(text) !== undefined, hasTwice(given), text);
        if (hasTwice(given)) refusalOf(text);
        else assert.deepEqual(readJson(text, 'The text'), JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('says where it goes wrong, and what to write instead', () => {
    const faults: Readonly<Record<string, RegExp>> = {
      '{"a":NaN,"b":1}': /NaN is not JSON, write null where a value is missing; .* position 5 \(line 1 column 6\)/,
      '[1,\n Infinity]': /Infinity is not JSON, write null .* position 5 \(line 2 column 2\)/,
      '[-Infinity]': /-Infinity is not JSON, write null .* position 1 /,
      '[tru]': /tru is not JSON, write true; .* position 1 /,
      '[None]': /None is not JSON, write null; /,
      '{"a":True}': /True is not JSON, write true; .* position 5 /,
      '{"a":undefined}': /undefined is not JSON, write null; /,
      "{'a':1}": /single quotes is not JSON, write double quotes; .* position 1 /,
      '{"a":\'x\'}': /single quotes is not JSON, write double quotes; .* position 5 /,
      '{a:1}': /expected a name in double quotes or }, got other text; .* position 1 /,
      '{"a":secret}': /a text without quotes is not JSON, write double quotes around it; .* position 5 /,
      '[1,]': /expected a value, got a ] behind a comma .* position 3 /,
      '{"a":1,}': /expected a name in double quotes, got a } behind a comma; .* position 7 /,
      '{"a" 1}': /expected a :, got other text; .* position 5 /,
      '[1 2]': /expected a comma or the end .* position 3 /,
      '[1]\n[2]': /expected nothing more, got \[; .* position 4 \(line 2 column 1\)/,
      '[01]': /a number of this form .* position 1 /,
      '[+1]': /a number of this form .* position 1 /,
      '[.5]': /a number of this form .* position 1 /,
      '[0x1F]': /a number of this form .* position 1 /,
      '[1.]': /a number of this form .* position 1 /,
      '["a\nb"]': /U\+000A within a text; .* position 3 /,
      '["\\x"]': /an escape of JSON.* position 2 /,
      '[1] // one': /a comment is not JSON, write none; .* position 4 /,
      '\u0000{\u0000}': /UTF-16 is not JSON, write UTF-8; .* position 0 /,
      '\uFEFF\uFEFF[]': /a byte order mark is not JSON, write none; .* position 0 /,
    };
    for (const [text, expected] of Object.entries(faults)) assert.match(refusalOf(text).message, expected, text);
    for (const text of ['{"a":1', '[1,', '{"a"', '"abc', '["\\u00', '[-', '[1.', '{"a":tru', '{']) {
      const { message, problem } = refusalOf(text);
      assert.match(
        message,
        new RegExp(`of ${text.length} characters is not valid JSON: it ends before it is complete`),
      );
      assert.ok(problem.expected, text);
    }
    assert.match(refusalOf(' \n').message, /is empty/);
  });

  it('quotes nothing of what was sent but punctuation and words of other languages', () => {
    for (const text of ['{"a":hunter2}', '["hunter2\n"]', '{hunter2:1}', '[1] hunter2', '[hunter2', '["\\hunter2"]']) {
      const { message, problem } = refusalOf(text);
      assert.ok(!JSON.stringify({ message, problem }).includes('hunter'), message);
    }
  });

  it('finds a fault in exactly what JSON.parse refuses', () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const piece = fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\\u00e9',
        'null',
        'tru',
        'e',
        '-',
        '.',
        '0',
        '12',
        ' ',
        '\n',
        'é',
      ),
      fc.json({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        assert.equal(faultOf(text, 32) === undefined, isJson(text), JSON.stringify(text));
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (text, at, put) => {
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + put + text.slice(place + 1);
        assert.equal(faultOf(changed, 32) === undefined, isJson(changed), JSON.stringify(changed));
      }),
      { numRuns: 5000 },
    );
  });

  it('refuses what is nested too deep, whole or cut off', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    assert.doesNotThrow(() => readJson(nested(32), 'The text'));
    assert.match(refusalOf(nested(33)).message, /nested deeper than 32 levels/);
    assert.match(refusalOf('['.repeat(1_000_000)).message, /nested deeper than 32 levels/);
  });
});
