/** What sticks to one version: the unit of a row, such as a user, out of a field of the row, or a header or cookie of its request. */
import { type Code, fail, show } from '../../core/errors.ts';

export const unitSources = ['field', 'header', 'cookie'] as const;

export interface UnitSource {
  readonly from: (typeof unitSources)[number];
  readonly name: string;
}

const EXPECTED = 'field:<name>, header:<name> or cookie:<name>';

const isSource = (text: string): text is UnitSource['from'] => unitSources.some((one) => one === text);

/** @throws `code` for what names no unit */
export const parseUnit = (text: string, code: Code): UnitSource => {
  const at = text.indexOf(':');
  const [from, name] = [text.slice(0, at), text.slice(at + 1).trim()];
  if (at === -1 || !isSource(from) || name === '' || name.length > 200) {
    throw fail(code, 'This says not what the unit of a row is', { expected: EXPECTED, got: show(text) });
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
