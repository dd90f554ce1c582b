/** What is open to whom, where others than this machine may call. */
import { fail } from '../../core/errors.ts';
import type { Opened } from '../../modes/service/access.ts';
import type { Serving } from '../../modes/service/slot.ts';
import type { Resources } from '../../resources/resources.ts';
import type { ServeOptions } from './options.ts';
import { placesOf } from './places.ts';
import { openedBy } from './servings.ts';

/** An address that is not loopback, and what whoever reaches it may do without a key, in words. */
export interface Exposure {
  readonly address: string;
  readonly what: readonly string[];
}

const isLoopback = (host: string): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

/** Whoever lets others than this machine call says that they need a key, or that they need none. @throws USAGE */
export const checkExposed = (options: ServeOptions): void => {
  if (options.auth !== undefined) return;
  const { http, admin } = placesOf(options);
  const open = [http, ...(admin ? [admin] : [])].find(({ host }) => !isLoopback(host));
  if (open === undefined) return;
  throw fail('USAGE', `Whoever reaches ${open.host} could ask this service: say whether they need a key.`, {
    expected: '--auth for callers with keys (millrace keys create), or --no-auth for everybody',
    got: 'neither',
  });
};

/** What may be opened for some deployments only; nothing where it is closed. */
const inWords = (what: string, opened: Opened): readonly string[] => {
  if (typeof opened === 'boolean') return opened ? [what] : [];
  return opened.size > 0 ? [`${what} of ${[...opened].join(' and ')}`] : [];
};

/** What millrace.yaml opens counts as what the options do. */
export const exposuresOf = (
  resources: Pick<Resources, 'project'>,
  servings: readonly Serving[],
  options: ServeOptions,
): readonly Exposure[] => {
  if (options.auth === true) return [];
  const { http, grpc, admin } = placesOf(options);
  const own = [
    'metrics',
    ...inWords('model control', openedBy(resources, servings, 'model_control', options.modelControl)),
    ...inWords('records', openedBy(resources, servings, 'records_api', options.recordsApi)),
  ];
  const callers = ['predictions', grpc ? 'metadata and reflection' : 'metadata', '/docs'];
  const doors: readonly Exposure[] =
    admin === undefined
      ? [{ address: http.host, what: [...callers, ...own] }]
      : [
          { address: http.host, what: callers },
          { address: admin.host, what: own },
        ];
  return doors.filter(({ address }) => !isLoopback(address));
};
