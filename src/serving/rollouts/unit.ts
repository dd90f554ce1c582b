/**
 * What sticks to one version: the unit of a row, such as a user, out of a field of the row, a header or cookie of its request, or the key
 * of its event or row.
 */
import { type Code, fail, show } from '../../core/errors.ts';

export const unitSources = ['field', 'header', 'cookie', 'key'] as const;

/** `key` has no name. */
export interface UnitSource {
  readonly from: (typeof unitSources)[number];
  readonly name: string;
}

/** Where a unit can be found, by who answers. */
const SOURCES = {
  service: ['field', 'header', 'cookie'],
  stream: ['key', 'field', 'header'],
  batch: ['key', 'field'],
} as const;
export type RolledMode = keyof typeof SOURCES;
export const rolledModes: readonly RolledMode[] = ['service', 'stream'];

const written = (from: UnitSource['from']): string => (from === 'key' ? 'key' : `${from}:<name>`);
const expected = (mode: RolledMode): string => SOURCES[mode].map(written).join(' or ');

const isSource = (text: string): text is UnitSource['from'] => unitSources.some((one) => one === text);

/** @throws `code` for what names no unit of such a deployment; of a service unless given */
export const parseUnit = (text: string, code: Code, mode: RolledMode = 'service'): UnitSource => {
  const sources: readonly string[] = SOURCES[mode];
  if (text === 'key' && sources.includes(text)) return { from: 'key', name: '' };
  const at = text.indexOf(':');
  const [from, name] = [text.slice(0, at), text.slice(at + 1).trim()];
  if (at === -1 || !isSource(from) || !sources.includes(from) || from === 'key' || name === '' || name.length > 200) {
    throw fail(code, 'This says not what the unit of a row is', { expected: expected(mode), got: show(text) });
  }
  return { from, name: from === 'header' ? name.toLowerCase() : name };
};

/** A value as the text that is hashed: the same for a number in JSON and in CSV. */
export const unitOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? `${value}`
    : undefined;

/** Metadata of gRPC, by lower-case names. */
export interface UnitMetadata {
  get(name: string): readonly unknown[];
}
/** Headers of a request by lower-case names, or what stands for them. */
export type UnitHeaders = Readonly<Record<string, string | readonly string[] | undefined>> | UnitMetadata;

const isMetadata = (headers: UnitHeaders): headers is UnitMetadata => typeof headers.get === 'function';

const headerIn = (headers: UnitHeaders, name: string): string | undefined => {
  const found = isMetadata(headers) ? headers.get(name) : headers[name];
  const first = typeof found === 'string' || found === undefined ? found : found[0];
  return typeof first === 'string' ? first : undefined;
};

/** A cookie's value as it was sent (RFC 6265, 4.2.1). */
const cookieOf = (header: string | undefined, name: string): string | undefined => {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
};

/** The unit that all rows of a request have; undefined where it names none. */
export const unitOfRequest = ({ from, name }: UnitSource, headers: UnitHeaders | undefined): string | undefined => {
  if (headers === undefined) return undefined;
  const found = from === 'cookie' ? cookieOf(headerIn(headers, 'cookie'), name) : headerIn(headers, name);
  return found === '' ? undefined : found;
};
