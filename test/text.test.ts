import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8Text, withoutMark } from '../src/text/utf8.ts';

describe('bytes as text', () => {
  it('gives every text back that was written in UTF-8, its first character too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(utf8Text(Buffer.from(text)), text);
      }),
    );
    assert.equal(utf8Text(Buffer.from('\uFEFFa')), '\uFEFFa', 'a mark within a value is a part of it');
    assert.equal(utf8Text(Buffer.from('\uFFFD')), '\uFFFD');
  });

  it('gives nothing for bytes that are not UTF-8, so that no two of them become one text', () => {
    for (const bytes of [[0xe9], [0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc0, 0xaf]]) {
      assert.equal(utf8Text(Uint8Array.from(bytes)), undefined, bytes.join(' '));
    }
  });

  it('takes a byte order mark off a document, once', () => {
    assert.equal(withoutMark('\uFEFF{}'), '{}');
    assert.equal(withoutMark('\uFEFF\uFEFFa'), '\uFEFFa');
    assert.equal(withoutMark(''), '');
  });
});
