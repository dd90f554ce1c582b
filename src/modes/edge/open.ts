/** From the bytes of a packed file to a scorer in a browser. */

import { fail } from '../../core/errors.ts';
import type { ReadImage } from '../../core/images.ts';
import type { Scorer } from '../../core/types.ts';
import { openLayout, type Package } from '../../package/layout.ts';
import { loadScorer } from '../../package/open.ts';
import { readTar } from '../../package/tar.ts';
import type { Engines } from '../../runtimes/runtime.ts';
import { ownRuntime } from '../../runtimes/trees/own.ts';
import { loadAhead } from './ahead.ts';

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

/** A packed file, and the URL that it came from. */
export interface Download {
  readonly url: string;
  readonly bytes: Uint8Array;
}

const readImage: ReadImage = async (value, settings) =>
  (await import('../../images/reader.web.ts')).readImageValue(value, settings);

/** @throws DAMAGED_PACKAGE, NOT_LOADED, BAD_MODEL, BAD_TRANSFORM */
export const openEdge = async (
  { url, bytes }: Download,
  { digest }: EdgeOptions,
  onnxRuntime: Engines['onnxRuntime'],
): Promise<EdgeScorer> => {
  const layout = readTar(bytes);
  const opening = openLayout(layout);
  // While digests are taken.
  loadAhead(layout);
  const opened = await opening;
  if (digest !== undefined && digest !== opened.digest) {
    throw fail('DAMAGED_PACKAGE', `${url} is another package than the one asked for.`, {
      expected: digest,
      got: opened.digest,
    });
  }
  const engines: Engines = { own: async () => ownRuntime, onnxRuntime };
  const scorer = await loadScorer(opened, (file, runtime) => runtime.open(file, engines), readImage);
  return { ...scorer, package: opened };
};
