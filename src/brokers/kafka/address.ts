import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BaseOptions, SASLMechanismValue } from '@platformatic/kafka';
import { parseDuration } from '../../core/duration.ts';
import { fail } from '../../core/errors.ts';

export interface KafkaAddress {
  /** Hosts and ports, without user and password. */
  readonly place: string;
  readonly connection: Pick<BaseOptions, 'bootstrapBrokers' | 'tls' | 'sasl'>;
  /** How long a group waits for a member that it does not hear of. */
  readonly sessionMs: number;
  /** How often new topics and partitions are looked for. */
  readonly refreshMs: number;
  /** Copies of the topics that are made; the broker's own number unless given. */
  readonly replicas: number | undefined;
}

const EXPECTED =
  'kafka://[user:password@]host:port[,host:port…][?tls=true&ca=…&cert=…&key=…&sasl=…&session=10s&refresh=10s&replicas=3]';
const mechanisms: Readonly<Record<string, SASLMechanismValue>> = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
  oauthbearer: 'OAUTHBEARER',
};
const known = new Set(['tls', 'ca', 'cert', 'key', 'sasl', 'session', 'refresh', 'replicas']);

const wrong = (what: string, got?: string) =>
  fail('BAD_PROJECT', `The address of Kafka ${what}`, {
    field: 'stream',
    expected: EXPECTED,
    ...(got !== undefined && { got }),
  });

const file = (folder: string, path: string, setting: string): string => {
  try {
    return readFileSync(resolve(folder, path), 'utf8');
  } catch (cause) {
    throw fail('FILE_NOT_FOUND', `The file that '${setting}' of 'stream' names cannot be read`, { got: path, cause });
  }
};

/**
 * Reads `kafka://…`. User and password are percent-encoded, as in any URL; with `sasl=oauthbearer` the password is the
 * token. `ca`, `cert` and `key` are paths of PEM files, relative to `folder`; each of them turns TLS on.
 *
 * @throws BAD_PROJECT, FILE_NOT_FOUND; never with the password in it.
 */
export const parseAddress = (address: string, folder: string): KafkaAddress => {
  const [, login, hosts, query] = /^kafka:\/\/(?:([^@/]*)@)?([^/?@]+)\/?(?:\?(.*))?$/.exec(address) ?? [];
  if (hosts === undefined) throw wrong('cannot be read');
  const settings = new URLSearchParams(query);
  for (const name of settings.keys()) if (!known.has(name)) throw wrong(`has an unknown setting`, name);
  for (const host of hosts.split(','))
    if (!/^[^\s:]+(?::\d+)?$|^\[[^\]]+\](?::\d+)?$/.test(host)) throw wrong('has a bad host', host);

  const [user, password] = (login ?? '').split(':').map(decodeURIComponent);
  const sasl = settings.get('sasl') ?? (user ? 'plain' : undefined);
  const mechanism = sasl === undefined ? undefined : mechanisms[sasl.toLowerCase()];
  if (sasl !== undefined && mechanism === undefined) throw wrong(`names an unknown 'sasl'`, sasl);

  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => {
    const path = settings.get(name);
    return path === null ? undefined : file(folder, path, name);
  });
  const tls = settings.get('tls') === 'true' || ca !== undefined || cert !== undefined;
  const replicas = settings.get('replicas');
  return {
    place: `kafka://${hosts}`,
    connection: {
      bootstrapBrokers: hosts.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:9092`)),
      ...(tls && { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }, tlsServerName: true }),
      ...(mechanism && {
        sasl:
          mechanism === 'OAUTHBEARER'
            ? { mechanism, token: password ?? '' }
            : { mechanism, username: user ?? '', password: password ?? '' },
      }),
    },
    sessionMs: parseDuration(settings.get('session') ?? '10s', 'stream'),
    refreshMs: parseDuration(settings.get('refresh') ?? '10s', 'stream'),
    replicas: replicas === null ? undefined : Number(replicas),
  };
};
