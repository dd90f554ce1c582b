/**
 * Millrace in a browser: fetch a package, verify every file of it, score on the user's own machine. Web-standard; needs
 * WebAssembly, and WebCrypto (so https or localhost).
 */
import { fail, MillraceError, messageOf } from '../../core/errors.ts';
import { onDemand } from '../../core/on-demand.ts';
import { joinBytes } from '../../runtimes/protobuf.ts';
import { readyKernel } from '../../runtimes/trees/open-kernel.ts';
import { explained } from './explained.ts';
import { type EdgeOptions, type EdgeScorer, openEdge } from './open.ts';

export type { Answer, Scorer } from '../../core/types.ts';
export type { Package } from '../../package/layout.ts';
export type { EdgeOptions, EdgeScorer } from './open.ts';
export { MillraceError };

const MAX_BYTES = 256 * 1024 * 1024;

const fetchPackage = async (
  url: string,
  { maxBytes = MAX_BYTES, onProgress, signal }: EdgeOptions,
): Promise<Uint8Array> => {
  const unreachable = (got: string, cause?: unknown) =>
    fail('FILE_NOT_FOUND', `The package at ${url} cannot be fetched: ${got}.`, {
      expected: 'a package file',
      got,
      cause,
    });
  const tooLarge = (got: string) =>
    fail('TOO_LARGE', `The package at ${url} is larger than allowed.`, { expected: `at most ${maxBytes} bytes`, got });
  const response = await fetch(url, { ...(signal && { signal }) }).catch((cause: unknown) => {
    throw unreachable(messageOf(cause), cause);
  });
  if (!response.ok || response.body === null) throw unreachable(`HTTP ${response.status}`);
  const total = Number(response.headers.get('content-length')) || undefined;
  if (total !== undefined && total > maxBytes) throw tooLarge(`${total} bytes`);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    onProgress?.(length, total);
    if (length > maxBytes) {
      await reader.cancel();
      throw tooLarge(`more than ${maxBytes} bytes`);
    }
  }
  return joinBytes(parts);
};

/** In `dist`, what this file imports itself has no words (`scripts/wordless.ts`). */
const whole = onDemand(() => import('./whole.ts'));

/**
 * Loads a packed file (`millrace pack … -o model.tar`) from a URL, ready to score: the same preprocessing and the same
 * graph as on a server. @throws MillraceError FILE_NOT_FOUND, NOT_LOADED, TOO_LARGE, DAMAGED_PACKAGE (naming the file), BAD_MODEL, BAD_TRANSFORM.
 */
export const load = async (url: string | URL, options: EdgeOptions = {}): Promise<EdgeScorer> => {
  const fetching = fetchPackage(String(url), options);
  // While it is on its way; who needs the kernel asks again.
  readyKernel().catch(() => {});
  const download = { url: String(url), bytes: await fetching };
  const openWhole = async (): Promise<EdgeScorer> => (await whole()).openWhole(download, options);
  let scorer: EdgeScorer;
  try {
    scorer = await openEdge(download, options, () => Promise.reject());
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    return openWhole();
  }
  return { ...scorer, ...explained(scorer, openWhole) };
};
