/** What is open to whom, where others than this machine may call. */
import type { App } from '../../app.ts';
import type { Opened } from '../../modes/service/access.ts';
import type { Serving } from '../../modes/service/models.ts';
import type { ServeOptions } from './options.ts';
import { openedBy } from './servings.ts';

const isLoopback = (host: string): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

/** What may be opened for some deployments only, in words; nothing where it is closed. */
const inWords = (what: string, opened: Opened): readonly string[] => {
  if (typeof opened === 'boolean') return opened ? [what] : [];
  return opened.size > 0 ? [`${what} of ${[...opened].join(' and ')}`] : [];
};

/** A line for each address that is not loopback; what millrace.yaml opens counts as what the command line does. */
export const openTo = (app: App, servings: readonly Serving[], options: ServeOptions): readonly string[] => {
  const { host, adminPort, adminHost = '127.0.0.1', grpc } = options;
  const own = [
    'metrics',
    ...inWords('model control', openedBy(app, servings, 'model_control', options.modelControl)),
    ...inWords('records', openedBy(app, servings, 'records_api', options.recordsApi)),
  ];
  const callers = ['predictions', grpc ? 'metadata and reflection' : 'metadata', '/docs'];
  const doors =
    adminPort === undefined
      ? [[host, [...callers, ...own]] as const]
      : [[host, callers] as const, [adminHost, own] as const];
  return doors.flatMap(([address, what]) =>
    isLoopback(address) ? [] : [`open to whoever reaches ${address}, without a key: ${what.join(', ')}`],
  );
};
