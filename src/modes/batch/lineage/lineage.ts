/** Tells whoever keeps lineage of a run. No run waits for that longer than the timeout, and none fails for it. */
import { parseDuration } from '../../../core/duration.ts';
import { fail } from '../../../core/errors.ts';
import type { LineageSettings } from '../../../project/openlineage.ts';
import { createPost, type Post, type Posted } from '../../../webhook/post.ts';
import type { BatchDeployment } from '../deployment.ts';
import type { BatchHost } from '../host.ts';
import type { Run, Status } from '../types.ts';
import type { Window } from '../window.ts';
import { datasetsOf } from './dataset.ts';
import { type LineageEventType, runEvent } from './run-event.ts';

const NAMESPACE = 'millrace';
const TIMEOUT = '5s';
const PATH = '/api/v1/lineage';

export interface Lineage {
  /** The run goes on meanwhile. */
  began(run: Run, type: 'START' | 'RUNNING'): void;
  /** Tells of the end of a run that has ended; resolves within the timeout, and never rejects. */
  ended(run: Run): Promise<void>;
}

export interface LineageOptions {
  readonly deployment: BatchDeployment;
  readonly window: Window | undefined;
  /** Hears, once a run, that it could not be told. */
  readonly onNote: (message: string) => void;
}

/** A run that was only stopped has not ended. */
const ends: Readonly<Record<Status, LineageEventType | undefined>> = {
  running: undefined,
  finished: 'COMPLETE',
  failed: 'FAIL',
  cancelled: 'ABORT',
};

const postTo = (text: string, timeoutMs: number): Post => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.pathname === '/') url.pathname = PATH;
  try {
    return createPost({ url: url?.href ?? text, timeoutMs });
  } catch (cause) {
    throw fail('BAD_PROJECT', 'The URL of openlineage is not one that can be called', {
      field: 'openlineage.url',
      expected: 'https://… or http://…, without user and password',
      cause,
    });
  }
};

const headersOf = ({ api_key: key, headers }: LineageSettings): Readonly<Record<string, string>> => ({
  ...headers,
  ...(key !== undefined && { authorization: `Bearer ${key}` }),
});

const flawOf = ({ status, reason }: Posted): string | undefined => {
  if (status === undefined) return `could not be reached (${reason})`;
  return status >= 200 && status < 300 ? undefined : `answered ${status}`;
};

/** Undefined where nobody is told. @throws MillraceError BAD_PROJECT for a URL that cannot be called, not showing it. */
export const openLineage = (host: BatchHost, { deployment, window, onNote }: LineageOptions): Lineage | undefined => {
  const lineage = host.lineage?.();
  if (!lineage) return undefined;
  const { settings } = lineage;
  const timeoutMs = parseDuration(settings.timeout ?? TIMEOUT, 'openlineage.timeout');
  const { place, post } = postTo(settings.url, timeoutMs);
  const headers = headersOf(settings);
  const namespace = settings.namespace ?? NAMESPACE;
  const datasets = datasetsOf({ folder: host.folder, lineage, deployment, window });
  let before: Promise<void> = Promise.resolve();
  let isNoted = false;

  const tell = async (run: Run, type: LineageEventType, time: string, signal?: AbortSignal): Promise<void> => {
    const event = runEvent({ type, run, datasets, namespace, time });
    const payload = new TextEncoder().encode(JSON.stringify(event));
    const flaw = flawOf(await post({ payload, headers, signal }));
    if (flaw === undefined || isNoted) return;
    isNoted = true;
    onNote(`openlineage: ${place} ${flaw}; the run ${run.id} does not wait for it`);
  };

  return {
    began(run, type) {
      before = tell(run, type, type === 'START' ? run.started_at : host.clock().toISOString());
    },
    async ended(run) {
      // Events come in their order; what is left of the time after the first is the second's.
      const signal = AbortSignal.timeout(timeoutMs);
      await before;
      const type = ends[run.status];
      if (type) await tell(run, type, run.finished_at ?? host.clock().toISOString(), signal);
    },
  };
};
