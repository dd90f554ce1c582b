import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../src/core/errors.ts';
import { parseRef } from '../src/registry/ref.ts';
import { compareVersions, isPrerelease, isVersion, latestOf } from '../src/registry/semver.ts';
import { standing, type UndoStep } from '../src/registry/undo.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('a reference', () => {
  const cases = {
    ride: { kind: 'latest', name: 'ride' },
    'ride-duration_2.b': { kind: 'latest', name: 'ride-duration_2.b' },
    'ride@1.2.0': { kind: 'version', name: 'ride', version: '1.2.0' },
    'ride@1.2.0-rc.1+linux': { kind: 'version', name: 'ride', version: '1.2.0-rc.1+linux' },
    'ride@production': { kind: 'environment', name: 'ride', environment: 'production' },
    'ride@eu-west.2': { kind: 'environment', name: 'ride', environment: 'eu-west.2' },
    [`ride@${digest}`]: { kind: 'digest', name: 'ride', digest },
    'ride@sha256:01234567': { kind: 'digest', name: 'ride', digest: 'sha256:01234567' },
    './ride': { kind: 'path', path: './ride' },
    '.': { kind: 'path', path: '.' },
    '../models/ride': { kind: 'path', path: '../models/ride' },
    '/models/ride@1.0.0': { kind: 'path', path: '/models/ride@1.0.0' },
    'C:\\models\\ride': { kind: 'path', path: 'C:\\models\\ride' },
    'models/ride': { kind: 'path', path: 'models/ride' },
    'ride-1.2.0.tar': { kind: 'path', path: 'ride-1.2.0.tar' },
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`${text} means a ${expected.kind}`, () => assert.deepEqual(parseRef(text), expected));
  }

  const refusals = {
    '': 'is not a name',
    Ride: 'is not a name',
    'ri de': 'is not a name',
    '@production': 'is not a name',
    'ride@': 'neither a version',
    'ride@1.0.0@production': 'more than one @',
    'ride@1.2': 'is not a version of three numbers',
    'ride@v1.2.0': 'is not a version of three numbers',
    'ride@sha256:0123': '8 to 64 hexadecimal digits',
    'ride@sha256:ABCDEF0123': '8 to 64 hexadecimal digits',
    'ride@Production': 'neither a version',
    [`${'r'.repeat(129)}`]: 'is not a name',
  };
  for (const [text, part] of Object.entries(refusals)) {
    it(`${JSON.stringify(text).slice(0, 30)} is refused, because it ${part}`, () => {
      assert.throws(
        () => parseRef(text),
        (error: MillraceError) => error.code === 'BAD_REF' && error.message.includes(part),
      );
    });
  }

  it('is read or refused with BAD_REF, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          return parseRef(text).kind !== undefined;
        } catch (error) {
          return error instanceof MillraceError && error.code === 'BAD_REF' && error.message.length < 400;
        }
      }),
    );
  });
});

describe('a version', () => {
  // The examples of https://semver.org/spec/v2.0.0.html, section 11, in ascending order.
  const ascending = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '2.0.0',
    '2.1.0',
    '2.1.1',
    '2.1.10',
    '2.10.0',
    '10.0.0',
    '99999999999999999999.0.0',
    '100000000000000000000.0.0',
  ];

  it('has the precedence of the standard', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j));
    }
    assert.deepEqual(ascending.toReversed().sort(compareVersions), ascending);
  });

  it('with build metadata has a place of its own, beside the one without', () => {
    const order = ['1.0.0-rc.1+b', '1.0.0', '1.0.0+a', '1.0.0+b', '1.0.1'];
    assert.deepEqual(order.toReversed().sort(compareVersions), order);
  });

  it('is three numbers, with labels after - and metadata after +', () => {
    for (const text of ['0.0.0', '1.2.3-0', '1.2.3-a-b.c', '1.2.3--', '1.2.3+001', '1.2.3-x.7+y.z']) {
      assert.ok(isVersion(text), text);
    }
    for (const text of [
      '1',
      '1.2',
      '1.2.3.4',
      '01.2.3',
      '1.2.3-01',
      '1.2.3-',
      '1.2.3+',
      'v1.2.3',
      '1.2.3 ',
      '-1.2.3',
    ]) {
      assert.ok(!isVersion(text), text);
    }
    assert.ok(isPrerelease('1.0.0-rc.1') && !isPrerelease('1.0.0+rc-1'));
    assert.throws(() => compareVersions('1.0.0', 'one'), { code: 'BAD_MANIFEST' });
  });

  it('is the latest when it is the highest release, or the highest pre-release where there is none', () => {
    const latestIn = (...versions: readonly string[]) => latestOf(versions.map((version) => ({ version })))?.version;
    assert.equal(latestIn(), undefined);
    assert.equal(latestIn('1.10.0', '2.0.0-rc.1', '1.9.0'), '1.10.0');
    assert.equal(latestIn('1.0.0-rc.10', '1.0.0-rc.9'), '1.0.0-rc.10');
  });
});

describe('the promotions that stand', () => {
  const promote = (to_version: string): UndoStep => ({ action: 'promote', to_version });
  const rollback: UndoStep = { action: 'rollback', to_version: 'what was before' };
  const steps = fc.array(fc.oneof(fc.string().map(promote), fc.constant(rollback)), { maxLength: 40 });

  it('are what they were before a promotion that was rolled back', () => {
    fc.assert(
      fc.property(steps, fc.string(), (before, version) => {
        assert.deepEqual(standing([...before, promote(version), rollback]), standing(before));
      }),
    );
  });

  it('end with the last promotion', () => {
    fc.assert(
      fc.property(steps, fc.string(), (before, version) => {
        assert.deepEqual(standing([...before, promote(version)]), [...standing(before), version]);
      }),
    );
  });
});
