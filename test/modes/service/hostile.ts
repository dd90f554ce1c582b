/** Requests that no honest client sends: random bytes, lies about lengths, deep nesting, huge numbers, prototype keys. */

export interface Hostile {
  readonly bytes: Buffer;
  /** The bytes end as they say they do, so that another request may follow on the same connection. */
  readonly framed: boolean;
}

/** Uniform numbers from 0 to 1, always the same ones for a seed (xorshift32). */
export const random = (seed: number): (() => number) => {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
};

const nasty = [
  '1e999',
  '-1e999',
  '1e-999',
  '-0',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1e1',
  'null',
  'true',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e"',
  '{}',
  '[]',
  '[[]]',
  '{"__proto__":{"f0":1}}',
  '{"constructor":{"prototype":{"f0":1}}}',
  '{"toString":1,"valueOf":2,"toJSON":3,"then":4}',
  '"__proto__"',
  '"2026-13-45T99:99:99Z"',
  '"+275760-09-13T00:00:00.001Z"',
  '-9223372036854775809',
  '18446744073709551616',
] as const;
const keys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'rows',
  'f0',
  'then',
  '',
  '\\u0000',
  'length',
];
const datatypes = ['FP32', 'FP64', 'FP16', 'INT64', 'UINT8', 'BOOL', 'BYTES', 'BF16', 'fp64', '', 'toString'];
const shapes = [
  '[1]',
  '[0]',
  '[1,1]',
  '[-1]',
  '[1e308]',
  '[4294967296,4294967296]',
  '[2]',
  '[]',
  '[1.5]',
  '["1"]',
  '{}',
  '9007199254740991',
  '[[1]]',
  'null',
];
const paths = [
  '/predict/trees-100x6',
  '/predict/ride-duration',
  '/predict/ride-duration/versions/1.0.0',
  '/predict/__proto__',
  '/predict/constructor',
  '/v2/models/trees-100x6/infer',
  '/v2/models/bool-and-string-out/infer',
  '/v2/models/bool-and-string-out/versions/1.0.0/infer',
  '/v2/repository/index',
  '/v2/repository/models/trees-100x6/unload',
  '/invocations',
  '/invocations?model=trees-100x6',
  '/invocations?model[]=x&model=__proto__',
  '/v2/models/%00/infer',
  '/predict/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '/predict/%zz',
  '/%C0%AE%C0%AE/',
  '//predict//x',
  '/docs/../../etc/passwd',
  '/predict/trees-100x6?__proto__[x]=1',
  '*',
];
const types = [
  'application/json',
  'text/csv',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'application/json;charset=utf-7',
  'multipart/form-data',
  'x',
  '/',
  '',
];
const methods = [
  'POST',
  'POST',
  'POST',
  'POST',
  'POST',
  'POST',
  'GET',
  'PUT',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'PATCH',
  'TRACE',
  'CONNECT',
  'BREW',
  'post',
];
const oddHeaders = [
  'x-request-timeout: -1',
  'x-request-timeout: 1e9',
  'x-request-timeout: NaN',
  'x-request-id: ../../%0d%0a<script>',
  'inference-header-content-length: 1',
  'inference-header-content-length: -1',
  'inference-header-content-length: 99999999999999999999',
  'inference-header-content-length: 0x10',
  'accept: text/csv;q=0,*/*',
  'accept-encoding: gzip, br',
  'content-encoding: gzip',
  'expect: 100-continue',
  'upgrade: websocket\r\nconnection: upgrade',
  'traceparent: 00-xyz-!!-zz',
  'connection: keep-alive, close, x',
  'te: trailers',
  'expect: nothing',
  'host: evil\r\nhost: other',
  'cookie: a=b',
] as const;

export const createHostile = (next: () => number, good: readonly string[]): (() => Hostile) => {
  const below = (most: number): number => Math.floor(next() * most);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)];
  /** Mostly what leads further in, so that most requests are refused late. */
  const usual = (value: string, others: readonly string[]): string => (next() < 0.85 ? value : pick(others));
  const randomBytes = (most: number): Buffer => Buffer.from(Array.from({ length: below(most) }, () => below(256)));
  const nested = (): string => {
    const depth = below(3000);
    const [open, close] = pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"f0":', '}]'],
    ] as const);
    return `${open.repeat(depth)}1${next() < 0.8 ? close.repeat(depth) : ''}`;
  };
  const value = (): string => (next() < 0.06 ? pick(nasty) : `${(next() - 0.5) * 10 ** below(40)}`);
  const row = (): string =>
    `{${Array.from({ length: next() < 0.5 ? 16 : below(20) }, (_, at) => `"${next() < 0.96 ? `f${at}` : pick(keys)}":${value()}`).join(',')}}`;
  const mutated = (): string => {
    const text = pick(good);
    const at = below(text.length);
    const kind = below(4);
    if (kind === 0) return text.slice(0, at);
    if (kind === 1) return text.slice(0, at) + String.fromCharCode(below(65_536)) + text.slice(at + 1);
    if (kind === 2) return text.replace(/:[^,}]+/g, (found) => (next() < 0.3 ? `:${value()}` : found));
    return text.slice(0, at) + pick([...nasty, '01', 'NaN', '//', ',']) + text.slice(at);
  };
  const tensors = (): string => {
    const tensor = () =>
      `{"name":"${pick(['f0', 'f1', 'country', 'score', 'member', '__proto__', 'x'])}","datatype":"${pick(datatypes)}","shape":${pick(shapes)},"data":${pick(['[1]', '[[1]]', '["a"]', '[true]', '[]', '{}', 'null', '[1,[2]]', `[${value()}]`])},"parameters":${pick(['{}', 'null', '[]', '{"binary_data_size":4}', '{"binary_data_size":-1}', '{"binary_data_size":1e300}', '{"shared_memory_region":"x"}'])}}`;
    return `{"id":${pick(['"a"', '1', 'null', '{}'])},"inputs":[${Array.from({ length: below(5) }, tensor).join(',')}],"outputs":${pick(['[]', 'null', '[{"name":"score"}]', '[{"name":"__proto__"}]', '7', '[{"name":"capital","parameters":{"binary_data":true}}]'])},"parameters":${pick(['{"binary_data_output":true}', '{"timeout":1}', '[]', '{"timeout":-5}'])}}`;
  };
  const csv = (): string =>
    Array.from({ length: below(6) }, () =>
      Array.from({ length: below(18) }, () =>
        pick(['1', '"', '""', 'f0', 'f1', '"a\nb"', '=cmd()', '\u0000', '', '1e999']),
      ).join(','),
    ).join(pick(['\n', '\r\n', '\r']));
  const mlflow = (): string =>
    `{"${pick(['dataframe_split', 'dataframe_records', 'instances', 'inputs', '__proto__'])}":${pick([row(), `[${row()},${row()}]`, '{"columns":["f0","f0"],"data":[[1],[1,2]]}', '{"data":7}', '[[1],[2]]', '[]', 'null'])}}`;
  const bodies: readonly (() => string | Buffer)[] = [
    () => randomBytes(400),
    nested,
    row,
    () => rows(),
    mutated,
    mutated,
    tensors,
    tensors,
    csv,
    mlflow,
    () => pick(nasty),
    () => pick(good),
    () => '',
  ];

  const rows = () =>
    `{"rows":[${Array.from({ length: below(8) }, () => pick([row(), mutated(), value()])).join(',')}]}`;
  const anyOf =
    (...makers: readonly (() => string | Buffer)[]) =>
    () =>
      pick(makers)();
  /** Where each kind of body belongs. */
  const doors: readonly (readonly [string, string, () => string | Buffer])[] = [
    ['/predict/trees-100x6', 'application/json', anyOf(row, rows, mutated, nested)],
    ['/predict/ride-duration', 'application/json', anyOf(row, rows, mutated)],
    ['/predict/trees-100x6', 'text/csv', csv],
    ['/invocations?model=trees-100x6', 'application/json', mlflow],
    ['/invocations?model=ride-duration', 'text/csv', csv],
    ['/v2/models/trees-100x6/infer', 'application/octet-stream', tensors],
    ['/v2/models/bool-and-string-out/infer', 'application/json', tensors],
    ['/v2/repository/index', 'application/json', anyOf(row, nested, mutated)],
  ];

  const framed = (): Hostile => {
    const [path, type, make] = pick(doors);
    const body = Buffer.from((next() < 0.8 ? make : pick(bodies))());
    const odd = Array.from({ length: below(3) }, () => `${pick(oddHeaders)}\r\n`).join('');
    const method = usual('POST', methods);
    const clean =
      !/upgrade|expect|host: evil|connection/.test(odd) && ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method);
    const head = `${method} ${usual(path, paths)} HTTP/1.1\r\nhost: x\r\n${next() < 0.97 ? `content-type: ${usual(type, types)}\r\n` : ''}${odd}content-length: ${body.length}\r\n\r\n`;
    return { bytes: Buffer.concat([Buffer.from(head, 'latin1'), body]), framed: clean };
  };
  /** HTTP itself is broken. */
  const unframed = (): Hostile => {
    const { bytes } = framed();
    const text = bytes.toString('latin1');
    const breaks: readonly (() => Buffer)[] = [
      () => randomBytes(600),
      () => bytes.subarray(0, below(bytes.length)),
      () =>
        Buffer.from(
          text.replace(
            /content-length: \d+/,
            `content-length: ${pick(['-1', '1e3', '99999999999', '0x5', '5, 6', ''])}`,
          ),
          'latin1',
        ),
      () =>
        Buffer.from(
          text.replace(/content-length: (\d+)/, (_, length) => `content-length: ${Number(length) + 1 + below(50)}`),
          'latin1',
        ),
      () => Buffer.from(text.replace(/content-length: \d+/, 'transfer-encoding: chunked'), 'latin1'),
      () => Buffer.from(text.replace(/content-length: /, 'transfer-encoding: chunked\r\ncontent-length: '), 'latin1'),
      () => Buffer.from(text.replace(' HTTP/1.1', pick([' HTTP/9.9', '', ' HTTP/1.0', ' http/1.1'])), 'latin1'),
      () => Buffer.from(text.replace('host: x', `${'h'.repeat(below(30_000))}: x`), 'latin1'),
      () => Buffer.from(text.replace(/\r\n/g, '\n'), 'latin1'),
      () => Buffer.concat([bytes, bytes]),
    ];
    return { bytes: pick(breaks)(), framed: false };
  };
  return () => (next() < 0.93 ? framed() : unframed());
};
