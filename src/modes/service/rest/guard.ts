/**
 * Routes that read what was recorded, or change something. A page in somebody's browser can reach a service on their
 * machine or in their network, so these take no call that such a page can make: not under a name that somebody has let
 * point here (DNS rebinding), not from another origin, and no form (CSRF).
 */
import { isIP } from 'node:net';
import { isAmbient } from '../../../access/credentials.ts';
import { fail, type MillraceError, show } from '../../../core/errors.ts';
import type { RestRequest, Route } from './route.ts';

export interface GuardOptions {
  /** Names and addresses, beside loopback and that of the connection, under which the service may be called. */
  readonly hosts: readonly string[];
  /** Origins, such as `https://app.example`, whose pages may call it; its own may anyway. */
  readonly origins: readonly string[];
}

export interface Guarded {
  /** What it does, for the log. */
  readonly what: string;
  /** It changes something, so its body is JSON. */
  readonly changes: boolean;
  /** Its caller may leave the content type away, as clients of the protocol do; browsers tell their origin. */
  readonly untyped?: boolean;
  /** Why nobody may call it, if nobody may. */
  readonly closed?: (() => MillraceError) | undefined;
}

export type Guard = (route: Guarded) => Pick<Route, 'check' | 'audited'>;

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** An IPv6 address stands in brackets; one that is IPv4 underneath is that. */
const urlHost = (host: string): string => {
  const plain = host.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
  return isIP(plain) === 6 ? `[${plain}]` : plain;
};

/** The name in a Host header, without its port; undefined for one that is none. */
const nameIn = (header: string | undefined): string | undefined =>
  header !== undefined && URL.canParse(`http://${header}`) ? new URL(`http://${header}`).hostname : undefined;

export const createGuard = ({ hosts, origins }: GuardOptions): Guard => {
  const ownHosts = new Set(hosts.map(urlHost));
  const checkHost = ({ headers: { host }, raw: { socket } }: RestRequest): void => {
    const name = nameIn(host);
    if (name !== undefined && (LOOPBACK.test(name) || ownHosts.has(name))) return;
    if (name !== undefined && socket.localAddress !== undefined && name === urlHost(socket.localAddress)) return;
    throw fail('FORBIDDEN', 'This service is not known under the name that the Host header says.', {
      field: 'host',
      expected: 'a loopback name, the address that it listens on, or one that --allowed-host names',
      got: show(host),
    });
  };
  const checkOrigin = ({ headers: { host, origin } }: RestRequest): void => {
    if (origin === undefined || origins.includes(origin) || origin === `http://${host}` || origin === `https://${host}`)
      return;
    throw fail('FORBIDDEN', 'Pages of this origin may not do that.', {
      field: 'origin',
      expected: 'no Origin header, or the origin of this service',
      got: show(origin),
    });
  };
  const checkType = ({ headers }: RestRequest, untyped: boolean): void => {
    const type = headers['content-type'];
    if (type === undefined ? untyped && headers.origin === undefined : /^application\/json\s*(?:;|$)/i.test(type)) {
      return;
    }
    const expected = 'content-type: application/json';
    const got = type === undefined ? 'no content type' : show(type);
    throw fail('UNSUPPORTED_MEDIA', `Expected ${expected}, got ${got}.`, { expected, got });
  };

  return ({ what, changes, untyped = false, closed }) => ({
    check(request) {
      if (closed !== undefined) throw closed();
      // A key that no browser sends by itself was meant for this very call.
      if (request.pass === undefined || isAmbient(request.headers)) {
        checkHost(request);
        checkOrigin(request);
      }
      if (changes) checkType(request, untyped);
    },
    audited: closed === undefined ? what : undefined,
  });
};
