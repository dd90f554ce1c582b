/** What a package will ask for, asked before any of it is verified, so that all of it is on its way at a time. */
import { loadParts } from '../../package/read-manifest.ts';
import { loadOperatorsOf } from '../../runtimes/trees/open.ts';

const BRACE = 0x7b;

/**
 * Begins to load the kinds, steps and operators that the files of a layout name, whichever of them does. What is found here decides
 * nothing: who opens the package asks again for what is not there by then, and says what is wrong.
 */
export const loadAhead = (layout: ReadonlyMap<string, Uint8Array>): void => {
  for (const bytes of layout.values()) {
    const load = async (): Promise<unknown> =>
      bytes[0] === BRACE ? loadParts(JSON.parse(new TextDecoder().decode(bytes))) : loadOperatorsOf(bytes);
    load().catch(() => {});
  }
};
