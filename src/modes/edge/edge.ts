/**
 * Millrace in a browser: fetch a package, verify every file of it, score on the user's own machine. Web-standard; needs
 * WebAssembly, and WebCrypto (so https or localhost).
 */
import { fail, messageOf } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import type { Package } from '../../package/layout.ts';
import { loadScorer, openPackage } from '../../package/open.ts';
import type { Engines } from '../../runtimes/runtime.ts';
import { ownRuntime } from '../../runtimes/trees/own.ts';

export { MillraceError } from '../../core/errors.ts';
export type { Answer, Scorer } from '../../core/types.ts';
export type { Package } from '../../package/layout.ts';

export interface EdgeOptions {
  /** The only package that is accepted, as `sha256:…`: pins the version whatever the URL serves. */
  readonly digest?: string;
  /** Folder of onnxruntime-web's .wasm and .mjs files, a URL ending in /. Beside the bundle unless given. */
  readonly wasm?: string;
  /** Largest package in bytes; 256 MiB unless given. */
  readonly maxBytes?: number;
  /** Told as the package arrives; `total` is unknown where the server does not say. */
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
}

export interface EdgeScorer extends Scorer {
  readonly package: Package;
}

const MAX_BYTES = 256 * 1024 * 1024;

const download = async (
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
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** ONNX Runtime is a chunk of its own to bundlers that split, and is loaded only when a graph needs it. */
const enginesOf = (options: EdgeOptions): Engines => ({
  own: async () => ownRuntime,
  onnxRuntime: async () => {
    const { openOnnxWeb } = await import('../../runtimes/onnx.web.ts');
    return (file) => openOnnxWeb(file, options);
  },
});

/**
 * Loads a packed file (`millrace pack … -o model.tar`) from a URL, ready to score: the same preprocessing and the same
 * graph as on a server. @throws MillraceError FILE_NOT_FOUND, NOT_LOADED, TOO_LARGE, DAMAGED_PACKAGE (naming the file), BAD_MODEL, BAD_TRANSFORM.
 */
export const load = async (url: string | URL, options: EdgeOptions = {}): Promise<EdgeScorer> => {
  const opened = await openPackage(await download(String(url), options));
  if (options.digest !== undefined && options.digest !== opened.digest) {
    throw fail('DAMAGED_PACKAGE', `${url} is another package than the one asked for.`, {
      expected: options.digest,
      got: opened.digest,
    });
  }
  const scorer = await loadScorer(opened, (file, runtime) => runtime.open(file, enginesOf(options)));
  return { ...scorer, package: opened };
};
