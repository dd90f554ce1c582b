import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { readYaml } from '../../src/yaml/read-yaml.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z-]*$', description: 'lower-case letters and dashes' },
    description: { type: 'string' },
    extra: { enum: ['ignore', 'reject'] },
    workers: { type: 'integer', minimum: 1 },
    inputs: { type: 'object', additionalProperties: { $ref: '#/$defs/field' } },
    when: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/schedule' }] },
    tags: { type: 'array', items: { type: 'string' } },
  },
  $defs: {
    field: {
      type: 'object',
      required: ['kind'],
      discriminator: { propertyName: 'kind' },
      oneOf: [
        {
          properties: { kind: { const: 'number' }, min: { type: 'number' }, unit: { type: 'string' } },
          additionalProperties: false,
        },
        { properties: { kind: { const: 'category' }, labels: { type: 'array' } }, additionalProperties: false },
      ],
    },
    schedule: {
      type: 'object',
      required: ['cron'],
      additionalProperties: false,
      properties: { cron: { type: 'string' }, zone: { type: 'string' } },
    },
  },
};

const read = (text: string) =>
  readYaml<Record<string, unknown>>(text, { file: 'a.yaml', schema, code: 'BAD_MANIFEST' });

const problemOf = (text: string) => {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof MillraceError, `not ours: ${error}`);
    assert.equal(error.code, 'BAD_MANIFEST');
    return error.problem;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
};

test('a file that fits is read and frozen to the bottom', () => {
  const { data } = read('name: abc\ninputs:\n  a: { kind: number, min: 0 }\n');
  assert.deepEqual(data, { name: 'abc', inputs: { a: { kind: 'number', min: 0 } } });
  assert.ok(Object.isFrozen(data) && Object.isFrozen((data.inputs as Record<string, unknown>).a));
});

test('a place is told by its path, and an absent one by what would hold it', () => {
  const { at } = read('name: abc\ninputs:\n  a: { kind: number, min: 0 }\ntags:\n  - x\n  - y\n');
  assert.equal(at(['name']), 'a.yaml:1:7');
  assert.equal(at(['inputs', 'a', 'min']), 'a.yaml:3:27');
  assert.equal(at(['inputs', 'a']), 'a.yaml:3:3');
  assert.equal(at(['inputs', 'a', 'unit']), 'a.yaml:3:3');
  assert.equal(at(['tags', 1]), 'a.yaml:6:5');
});

const refusals: readonly (readonly [what: string, text: string, message: string])[] = [
  [
    'an unknown key',
    'name: abc\ndiscription: x\n',
    "a.yaml:2:1: unknown key 'discription', did you mean 'description'?",
  ],
  ['an unknown key that resembles nothing', 'name: abc\nqqqqqq: x\n', "a.yaml:2:1: unknown key 'qqqqqq'"],
  ['an absent key', 'description: x\n', "a.yaml:1:1: 'name' is missing"],
  ['a wrong type', 'name: abc\nworkers: many\n', 'a.yaml:2:10: workers: expected a whole number, got "many"'],
  ['a wrong number', 'name: abc\nworkers: 0\n', 'a.yaml:2:10: workers: expected 1 or more, got 0'],
  ['a name of the wrong form', 'name: A B\n', 'a.yaml:1:7: name: expected lower-case letters and dashes, got "A B"'],
  [
    'a value outside a list',
    'name: abc\nextra: rejct\n',
    'a.yaml:2:8: extra: expected one of ignore, reject, got "rejct"; did you mean reject?',
  ],
  [
    'an unknown kind',
    'name: abc\ninputs:\n  a:\n    kind: numbre\n',
    'a.yaml:4:11: inputs.a.kind: expected one of number, category, got "numbre"; did you mean number?',
  ],
  ['an absent kind', 'name: abc\ninputs:\n  a: {}\n', "a.yaml:3:3: inputs.a: 'kind' is missing"],
  [
    'a key of another kind',
    'name: abc\ninputs:\n  a: { kind: category, lables: [x] }\n',
    "a.yaml:3:24: inputs.a: unknown key 'lables', did you mean 'labels'?",
  ],
  [
    'a key in the closest of several shapes',
    'name: abc\nwhen: { cron: x, zon: y }\n',
    "a.yaml:2:18: when: unknown key 'zon', did you mean 'zone'?",
  ],
  [
    'a value that fits none of several shapes',
    'name: abc\nwhen: 3\n',
    'a.yaml:2:7: when: expected text or a mapping, got 3',
  ],
  ['a wrong item of a list', 'name: abc\ntags: [a, 2]\n', 'a.yaml:2:11: tags[1]: expected text, got 2'],
  ['a list for a mapping', '- name: abc\n', 'a.yaml:1:1: expected a mapping, got a list'],
  ['an empty file', '', 'a.yaml:1:1: expected a mapping, got nothing'],
  ['a key that stands twice', 'name: abc\nname: abd\n', 'a.yaml:2:1: this key stands here a second time'],
  ['a second document', 'name: abc\n---\nname: abd\n', 'a.yaml:2:1: a second document begins here; expected one'],
  ['an unknown tag', 'name: !secret abc\n', 'a.yaml:1:7: Unresolved tag: !secret'],
  ['a key called __proto__', 'name: abc\n__proto__: { admin: true }\n', "a.yaml:2:1: unknown key '__proto__'"],
];

for (const [what, text, message] of refusals) {
  test(`${what} is refused with its place`, () => assert.equal(problemOf(text).message, message));
}

test('bad syntax is refused with its place', () => {
  assert.match(problemOf('name: abc\ninputs: { a: [1, 2 }\n').message, /^a\.yaml:2:\d+: /);
});

test('a single problem is told as data too', () => {
  const { field, expected, got } = problemOf('name: abc\nworkers: many\n');
  assert.deepEqual({ field, expected, got }, { field: 'workers', expected: 'a whole number', got: '"many"' });
});

test('several problems are listed one a line', () => {
  const problem = problemOf('nam: abc\nworkers: 1.5\n');
  assert.equal(
    problem.message,
    [
      'a.yaml has 3 problems:',
      "a.yaml:1:1: 'name' is missing",
      "a.yaml:1:1: unknown key 'nam', did you mean 'name'?",
      'a.yaml:2:10: workers: expected a whole number, got 1.5',
    ].join('\n'),
  );
});

test('hundreds of problems do not make hundreds of lines', () => {
  const many = Array.from({ length: 300 }, (_, i) => `k${i}: 1\n`).join('');
  assert.ok(problemOf(`name: abc\n${many}`).message.split('\n').length < 30);
});

test('aliases that would explode are refused', () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i}: &l${i} [${Array(10).fill(i === 0 ? 'x' : `*l${i - 1}`)}]`,
  );
  assert.match(problemOf(levels.join('\n')).message, /alias/i);
});

test('nesting without end is refused', () => {
  assert.equal(typeof problemOf(`name: ${'['.repeat(200_000)}`).message, 'string');
});

test('a plain alias is read', () => {
  assert.deepEqual(read('name: &n abc\ndescription: *n\n').data, { name: 'abc', description: 'abc' });
});
