/** A Millrace elsewhere, which does what it is asked: nobody needs its database, or to be on its machine. */
import { type Code, codes, fail, MillraceError } from '../core/errors.ts';

const usage = (message: string, expected: string, got: string): MillraceError =>
  fail('USAGE', message, { expected, got });

/** What asks: with its key, until the signal. */
export interface AskingServer {
  readonly key: string | undefined;
  readonly signal: AbortSignal;
}

/** As long as gates and proofs of a version may take. */
const PATIENCE_MS = 600_000;

interface Refused {
  readonly error?: { readonly code?: string; readonly message?: string };
}

const addressOf = (server: string, act: string): URL => {
  if (/^https?:\/\//.test(server) && URL.canParse(server))
    return new URL(`control/${act}`, server.replace(/\/*$/, '/'));
  throw usage('--server is not an address.', 'http://host:port or https://host', server);
};

/**
 * What it answered to an act: `promote`, `keys/create`.
 *
 * @throws USAGE without a key; UNAVAILABLE for one that cannot be reached; what it refused with
 */
export const askServer = async <T>(
  server: string,
  act: string,
  asked: object,
  { key, signal: cut }: AskingServer,
): Promise<T> => {
  if (!key) throw usage('--server wants a key.', 'MILLRACE_KEY in the environment', 'none');
  const address = addressOf(server, act);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const signal = AbortSignal.any([cut, AbortSignal.timeout(PATIENCE_MS)]);
  const body = JSON.stringify(asked);
  const response = await fetch(address, { method: 'POST', headers, body, signal, redirect: 'error' }).catch((cause) => {
    if (cut.aborted) throw cut.reason;
    throw fail('UNAVAILABLE', `${address.origin} cannot be reached`, { expected: 'a Millrace there', cause });
  });
  const text = await response.text();
  const answer = ((): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      throw fail('UNAVAILABLE', `What answers at ${address.origin} is no Millrace`, {
        got: `status ${response.status}`,
      });
    }
  })();
  if (response.ok) return answer as T;
  const { code = '', message = '', ...details } = (answer as Refused).error ?? {};
  const known: Code = Object.hasOwn(codes, code) ? (code as Code) : 'UNAVAILABLE';
  throw new MillraceError({ ...details, code: known, message: message || `status ${response.status}` });
};
