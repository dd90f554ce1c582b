import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StreamEvent } from '../../src/brokers/broker.ts';
import { type EventFormat, readEvent, writeEvent } from '../../src/events/cloud-event.ts';
import { compileCondition, compileExpression } from '../../src/events/condition.ts';
import { keyAttributes, keyJson, keyName, keyNamed, keyOfJson, keyVariable } from '../../src/events/key.ts';
import { compilePath } from '../../src/events/path.ts';
import { prepareStream } from '../../src/modes/stream/deployment.ts';
import { toldJson } from '../../src/text/exact-json.ts';

const event = (value: string | null, headers: Readonly<Record<string, string>> = {}): StreamEvent => ({
  topic: 't',
  partition: 0,
  offset: 0,
  at: 0,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
});

describe('a path', () => {
  const value = { ride: { id: 7, stops: [{ zone: 'a' }, { zone: 'b' }], 'odd name': 1 }, list: [1, 2] };
  for (const [path, found] of [
    ['$', value],
    ['$.ride.id', 7],
    ['ride.id', 7],
    ['$.ride.stops[1].zone', 'b'],
    ['ride["odd name"]', 1],
    ["$['ride'].id", 7],
    ['$.list[5]', undefined],
    ['$.ride.none.deeper', undefined],
    ['$.list.length', undefined],
    ['$.ride.constructor', undefined],
    ['$.ride[0]', undefined],
  ] as const) {
    it(`${path} means ${JSON.stringify(found)?.slice(0, 20)}`, () => {
      assert.deepEqual(compilePath(path, 'input')(value), found);
    });
  }

  it('that cannot be read is refused, with the setting it stands in', () => {
    for (const path of ['', '$.', '$..a', 'a b', '$[x]', '$.a[', '$[*]', '$.a[-1]']) {
      assert.throws(() => compilePath(path, 'input'), { code: 'BAD_PROJECT' }, path);
    }
  });
});

describe('an event', () => {
  const attributes = { specversion: '1.0', id: '1', source: '/s', type: 't', time: '2026-01-01T00:00:00Z', trace: 'x' };

  for (const format of ['structured', 'binary'] satisfies EventFormat[]) {
    it(`in ${format} mode comes back as it was written`, () => {
      const data = { distance: 3.2, zone: 'Sähkö "ä"', stops: [1, null], none: null };
      const written = writeEvent({ topic: 't', key: Buffer.from('k'), attributes, data }, format);
      const { incoming, problem } = readEvent({ ...event(null), value: written.value, headers: written.headers ?? [] });
      assert.equal(problem, undefined);
      assert.deepEqual(incoming?.data, data);
      assert.deepEqual(incoming?.cloudEvent, { ...attributes, datacontenttype: 'application/json' });
      assert.equal(Buffer.from(written.key ?? []).toString(), 'k');
    });
  }

  it('of plain JSON is its data, even when it looks a little like a CloudEvent', () => {
    for (const value of ['{"a":1}', '[1]', '3', '"x"', 'null', '{"id":"1","source":"here"}']) {
      assert.deepEqual(readEvent(event(value)).incoming, { cloudEvent: undefined, data: JSON.parse(value) });
    }
  });

  it('with data in base64 is decoded', () => {
    const data_base64 = Buffer.from('{"a":1}').toString('base64');
    const read = readEvent(event(JSON.stringify({ ...attributes, data_base64 })));
    assert.deepEqual(read.incoming?.data, { a: 1 });
  });

  for (const [what, one, code] of [
    ['without a value', event(null), 'BAD_EVENT'],
    ['that is not UTF-8', { ...event(''), value: Uint8Array.of(0xff) }, 'BAD_JSON'],
    ['that is empty', event(''), 'BAD_JSON'],
    ['of another version', event(JSON.stringify({ ...attributes, specversion: '0.3' })), 'BAD_EVENT'],
    ['without an id', event(JSON.stringify({ ...attributes, id: '' })), 'BAD_EVENT'],
    ['in binary mode without a source', event('{}', { ce_specversion: '1.0', ce_id: '1', ce_type: 't' }), 'BAD_EVENT'],
    [
      'of other data than JSON',
      event('<a/>', { ce_specversion: '1.0', ce_id: '1', ce_type: 't', ce_source: 's', 'content-type': 'text/xml' }),
      'BAD_EVENT',
    ],
    [
      'declared as a CloudEvent that is a list',
      event('[]', { 'content-type': 'application/cloudevents+json' }),
      'BAD_EVENT',
    ],
  ] as const) {
    it(`${what} is a problem with the code ${code}`, () => {
      const { problem } = readEvent(one);
      assert.equal(problem?.code, code);
      assert.ok((problem?.message.length ?? 0) > 10);
    });
  }
});

/** A header of any bytes beside those that make a CloudEvent in binary mode. */
const withHeader = (name: string, ...values: readonly Uint8Array[]): StreamEvent => {
  const attributes = { ce_specversion: '1.0', ce_id: '1', ce_source: 's', ce_type: 't' };
  const { headers, ...rest } = event('{}', attributes);
  return { ...rest, headers: [...headers, ...values.map((value) => [name, value] as const)] };
};

describe('headers of a CloudEvent', () => {
  for (const [what, name, values] of [
    ['a source that is not UTF-8', 'ce_source', [Uint8Array.of(0x2f, 0xe4)]],
    ['an extension that is not UTF-8', 'ce_shop', [Uint8Array.of(0xff)]],
    ['a content type that is not UTF-8', 'content-type', [Uint8Array.of(0xfe)]],
    ['an extension that comes twice, and says two things', 'ce_shop', [Buffer.from('a'), Buffer.from('b')]],
  ] as const) {
    it(`${what} is a problem that names the header`, () => {
      const { problem } = readEvent(withHeader(name, ...values));
      assert.deepEqual([problem?.code, problem?.field], ['BAD_EVENT', name]);
      assert.ok(problem?.message.includes(name));
    });
  }

  it('are text as they are: percent signs, a byte order mark, and the same value again', () => {
    const shop = Buffer.from('\ufeff50%25 off €');
    assert.equal(readEvent(withHeader('ce_shop', shop, shop)).incoming?.cloudEvent?.shop, shop.toString());
  });

  it('that are no attributes may be of any bytes', () => {
    const raw = Uint8Array.of(0xff, 0);
    assert.ok(readEvent(withHeader('trace-bin', raw)).incoming);
    const plain = { ...event('{"a":1}'), headers: [['content-type', raw]] as const };
    assert.deepEqual(readEvent(plain).incoming?.data, { a: 1 });
  });

  it('with half of a surrogate pair in structured mode are a problem: no bytes could say it', () => {
    const { problem } = readEvent(event('{"specversion":"1.0","id":"\\ud800","source":"s","type":"t","data":1}'));
    assert.deepEqual([problem?.code, problem?.field], ['BAD_EVENT', 'id']);
  });
});

describe('tombstones', () => {
  it('pass on to a topic only', () => {
    const settings = { mode: 'stream', model: 'm@1', from: 'a', sink: { connection: 'c', table: 't' } } as const;
    assert.throws(() => prepareStream('s', { ...settings, tombstones: 'pass' }), { code: 'BAD_PROJECT' });
    assert.equal(prepareStream('s', { ...settings, tombstones: 'skip' }).tombstones, 'skip');
    assert.equal(prepareStream('s', settings).tombstones, 'dead-letter');
  });
});

describe('a key', () => {
  const long = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  };
  const keys = [
    ...[0n, 1n, 128n, 129n, 200n, 255n, -1n].map(long),
    ...['', 'a', '\ufeffa', 'ä', '\ufffd', 'base64:', 'base64:YQ==', 'a\nb', '{"base64":"YQ=="}'].map((text) =>
      Buffer.from(text),
    ),
    ...[[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xed, 0xa0, 0x81], [0xef, 0xbf]].map((bytes) => Buffer.from(bytes)),
  ];

  it('has a form in JSON and a name that are its own, and comes back from both byte for byte', () => {
    const json = keys.map((key) => JSON.stringify(keyJson(key)));
    assert.equal(new Set(json).size, keys.length);
    const names = keys.map((key) => keyName(keyJson(key)));
    assert.equal(new Set(names).size, keys.length);
    for (const [i, key] of keys.entries()) {
      assert.deepEqual(Buffer.from(keyOfJson(JSON.parse(json[i])) ?? 'none'), key);
      assert.deepEqual(Buffer.from(keyNamed(names[i])), key);
    }
  });

  it('that is text is shown as text, and any other in base64', () => {
    assert.equal(keyJson(Buffer.from('Sähkö 7')), 'Sähkö 7');
    assert.deepEqual(keyJson(long(128n)), { base64: 'AAAAAAAAAIA=' });
    assert.equal(keyName(keyJson(long(128n))), 'base64:AAAAAAAAAIA=');
  });

  it('of a field is a text, a number, true or false, or base64; nothing else, and no half of a pair', () => {
    for (const [value, text] of [
      ['r', 'r'],
      [7, '7'],
      [true, 'true'],
      [2n ** 60n, '1152921504606846976'],
    ] as const) {
      assert.equal(Buffer.from(keyOfJson(value) ?? []).toString(), text);
    }
    for (const value of [null, undefined, {}, [], ['a'], { base64: 1 }, { base64: 'YQ' }, { base64: 'YQ==', a: 1 }]) {
      assert.equal(keyOfJson(value), null, JSON.stringify(value));
    }
    for (const half of ['\ud800', 'a\udfff']) assert.equal(keyOfJson(half), null);
    for (const lost of ['1e400', '-1e400']) assert.equal(keyOfJson(JSON.parse(lost)), null);
    const long = readEvent(event('{"id":9007199254740993}')).incoming?.data as { readonly id: unknown };
    assert.equal(Buffer.from(keyOfJson(long.id) ?? []).toString(), '9007199254740993');
  });

  it('that is no text names no attribute of a CloudEvent, and is bytes to CEL', () => {
    assert.deepEqual(keyAttributes(Buffer.from('r1')), { subject: 'r1', partitionkey: 'r1' });
    assert.deepEqual(keyAttributes(long(128n)), { subject: undefined, partitionkey: undefined });
    const holds = (text: string, key: Uint8Array | null) =>
      compileExpression(text, ['key'], 'filter')({ key: keyVariable(key) });
    assert.deepEqual(holds(String.raw`key == b"\x00\x00\x00\x00\x00\x00\x00\x80"`, long(128n)), { value: true });
    assert.deepEqual(holds('key != "r1" && key.hex() == "0000000000000081"', long(129n)), { value: true });
    assert.deepEqual(holds('key', long(129n)), { value: { base64: 'AAAAAAAAAIE=' } });
    assert.deepEqual(holds('key == "r1"', Buffer.from('r1')), { value: true });
    assert.deepEqual(holds('key == null', null), { value: true });
  });
});

describe('JSON of answers', () => {
  it('has tensors as lists, times in ISO 8601, every digit of large integers, and null for what is not a number', () => {
    const value = {
      tensor: Float32Array.of(1, 2.5),
      at: new Date(0),
      small: 5n,
      large: 2n ** 60n,
      none: Number.NaN,
      deep: { list: [{ big: BigInt64Array.of(1n, 2n ** 60n) }] },
      text: 'ä',
    };
    assert.equal(
      toldJson(value),
      '{"tensor":[1,2.5],"at":"1970-01-01T00:00:00.000Z","small":5,"large":1152921504606846976,"none":null,' +
        '"deep":{"list":[{"big":[1,1152921504606846976]}]},"text":"ä"}',
    );
    assert.equal(toldJson({ a: [1, 'x', null, true] }), '{"a":[1,"x",null,true]}');
  });
});

describe('a condition', () => {
  const data = { distance: 3.5, passengers: 2, zone: 'Astoria', tags: ['a'] };
  for (const [text, holds] of [
    ['data.distance > 3', true],
    ['data.passengers + 1 == 3.0', true],
    ['2 * data.distance >= 7.0 && data.zone.startsWith("A")', true],
    ['has(data.missing) && data.missing > 1', false],
    ['"a" in data.tags && size(data.tags) == 1', true],
    ['key == null', true],
  ] as const) {
    it(`${text} is ${holds}`, () => {
      assert.deepEqual(compileCondition(text, ['data', 'key'], 'filter')({ data, key: null }), { value: holds });
    });
  }

  it('that cannot be evaluated is a problem of its event and names the condition', () => {
    for (const text of ['data.missing > 1', 'data.distance', 'data.zone > 1']) {
      const { problem } = compileCondition(text, ['data'], 'filter')({ data });
      assert.equal(problem?.code, 'CONDITION_FAILED', text);
      assert.ok(problem?.message.includes(text));
    }
  });

  it('that cannot be right is refused when it is read', () => {
    for (const text of ['data.', 'dataa > 1', '1 +', 'nothing()', '']) {
      assert.throws(() => compileCondition(text, ['data'], 'filter'), { code: 'BAD_PROJECT' }, text);
    }
  });

  it('may compute, and gives plain numbers and objects', () => {
    const evaluate = compileExpression('{"offer": data.distance * 2, "n": size(data.tags)}', ['data'], 'with');
    assert.deepEqual(evaluate({ data }), { value: { offer: 7, n: 1 } });
  });
});
