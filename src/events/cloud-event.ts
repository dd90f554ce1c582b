/** CloudEvents 1.0 in Kafka's binding (cloudevents/spec: kafka-protocol-binding.md), and plain JSON beside them. */
import type { Headers, NewEvent, StreamEvent } from '../brokers/broker.ts';
import { header } from '../brokers/broker.ts';
import { type Problem, problemOf } from '../core/errors.ts';
import { isUtf16 } from '../text/charset.ts';
import { exactJson, toldJson } from '../text/exact-json.ts';
import { readJson } from '../text/json.ts';
import { utf8Text, withoutMark } from '../text/utf8.ts';

/** Attributes by name, required ones and extensions alike. */
export type Attributes = Readonly<Record<string, string>>;

/** What an event says, whichever form it came in. */
export interface Incoming {
  /** Undefined for plain JSON. */
  readonly cloudEvent: Attributes | undefined;
  readonly data: unknown;
}

export type ReadEvent =
  | { readonly incoming: Incoming; readonly problem?: undefined }
  | { readonly incoming?: undefined; readonly problem: Problem };

const STRUCTURED_TYPE = 'application/cloudevents+json';
/** What the headers of attributes begin with, and those that tell one form from another. */
const PREFIX = 'ce_';
const versionHeader = `${PREFIX}specversion`;
const TYPE_HEADER = 'content-type';
const encoder = new TextEncoder();

const bad = (message: string, details: Partial<Problem> = {}): ReadEvent => ({
  problem: { code: 'BAD_EVENT', message, ...details },
});

const parse = (value: Uint8Array): { readonly json: unknown } | { readonly problem: Problem } => {
  const text = utf8Text(value);
  if (text === undefined) {
    const [expected, got] = ['UTF-8', isUtf16(value) ? 'UTF-16' : 'other bytes'];
    return { problem: { code: 'BAD_JSON', message: `The event is not text in UTF-8, but ${got}`, expected, got } };
  }
  try {
    return { json: readJson(withoutMark(text), 'The event') };
  } catch (error) {
    return { problem: problemOf(error) };
  }
};

const isJson = (type: string): boolean => /^[^;]*[/+]json\s*(?:;|$)/i.test(type);

const checked = (attributes: Attributes, data: unknown): ReadEvent => {
  if (attributes.specversion !== '1.0') {
    return bad('The CloudEvent is of another version of the specification', {
      field: 'specversion',
      expected: '1.0',
      got: attributes.specversion,
    });
  }
  const broken = Object.keys(attributes).find((name) => !attributes[name].isWellFormed());
  if (broken !== undefined) {
    return bad(`The attribute ${broken} of the CloudEvent holds half of a surrogate pair`, {
      field: broken,
      expected: 'a text',
    });
  }
  const missing = ['id', 'source', 'type'].find((name) => !attributes[name]);
  if (missing !== undefined) {
    return bad(`The CloudEvent has no ${missing}`, {
      field: missing,
      expected: 'a text that is not empty',
      got: 'nothing',
    });
  }
  return { incoming: { cloudEvent: attributes, data } };
};

const readBinary = (event: StreamEvent, value: Uint8Array): ReadEvent => {
  const attributes: Record<string, string> = {};
  let type: string | undefined;
  for (const [name, bytes] of event.headers) {
    if (name !== TYPE_HEADER && !name.startsWith(PREFIX)) continue;
    // In Kafka's binding attributes are UTF-8 as they are; only the one of HTTP encodes them with percent signs.
    const text = utf8Text(bytes);
    if (text === undefined) {
      const got = `bytes ${Buffer.from(bytes.subarray(0, 16)).toString('hex')}`;
      return bad(`The header ${name} of the CloudEvent is not text in UTF-8`, { field: name, expected: 'UTF-8', got });
    }
    const attribute = name.slice(PREFIX.length);
    if (name === TYPE_HEADER) type = text;
    else if (Object.hasOwn(attributes, attribute) && attributes[attribute] !== text) {
      return bad(`The CloudEvent has the header ${name} twice`, { field: name, expected: 'one value', got: 'two' });
    } else attributes[attribute] = text;
  }
  if (type !== undefined && !isJson(type)) {
    return bad('The data of the CloudEvent is not JSON', {
      field: TYPE_HEADER,
      expected: 'application/json',
      got: type,
    });
  }
  if (type !== undefined) attributes.datacontenttype = type;
  const parsed = parse(value);
  return 'problem' in parsed ? parsed : checked(attributes, parsed.json);
};

const readStructured = (json: Readonly<Record<string, unknown>>): ReadEvent => {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === 'data' || name === 'data_base64' || value === null) continue;
    attributes[name] = typeof value === 'string' ? value : exactJson(value);
  }
  if (attributes.datacontenttype !== undefined && !isJson(attributes.datacontenttype)) {
    return bad('The data of the CloudEvent is not JSON', {
      field: 'datacontenttype',
      expected: 'application/json',
      got: attributes.datacontenttype,
    });
  }
  if (typeof json.data_base64 !== 'string') return checked(attributes, json.data);
  const parsed = parse(Buffer.from(json.data_base64, 'base64'));
  return 'problem' in parsed ? parsed : checked(attributes, parsed.json);
};

/** Reads an event: CloudEvents in binary or structured mode by their headers or their look, anything else as plain JSON. */
export const readEvent = (event: StreamEvent): ReadEvent => {
  if (event.value === null) return bad('The event has no value', { expected: 'JSON', got: 'nothing' });
  if (event.headers.some(([name]) => name === versionHeader)) return readBinary(event, event.value);
  const parsed = parse(event.value);
  if ('problem' in parsed) return parsed;
  const { json } = parsed;
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  const declared = header(event, TYPE_HEADER)?.toLowerCase().startsWith(STRUCTURED_TYPE) === true;
  if (isObject && (declared || ('specversion' in json && 'source' in json && 'id' in json))) {
    return readStructured(json as Readonly<Record<string, unknown>>);
  }
  if (declared)
    return bad('The CloudEvent is not an object', { expected: 'an object with specversion, id, source, type' });
  return { incoming: { cloudEvent: undefined, data: json } };
};

export interface OutgoingEvent {
  readonly topic: string;
  readonly key: Uint8Array | null;
  /** With specversion, id, source and type; undefined ones are left out. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly data: unknown;
}

export type EventFormat = 'structured' | 'binary';

const JSON_TYPE = 'application/json';

/** Writes a CloudEvent with JSON data. */
export const writeEvent = ({ topic, key, attributes, data }: OutgoingEvent, format: EventFormat): NewEvent => {
  const common = { topic, key };
  if (format === 'structured') {
    return {
      ...common,
      value: Buffer.from(toldJson({ ...attributes, datacontenttype: JSON_TYPE, data })),
      headers: structuredHeaders,
    };
  }
  const headers: [string, Uint8Array][] = [[TYPE_HEADER, encoder.encode(JSON_TYPE)]];
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) headers.push([PREFIX + name, encoder.encode(value)]);
  }
  return { ...common, value: Buffer.from(toldJson(data)), headers };
};

const structuredHeaders: Headers = [[TYPE_HEADER, encoder.encode(`${STRUCTURED_TYPE}; charset=UTF-8`)]];
