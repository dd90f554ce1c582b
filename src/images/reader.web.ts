/** Decodes images where a page or worker runs. */
import { webWasmFiles } from './codecs/wasm-files.web.ts';
import { createValueReader } from './decode-value.ts';

export const readImageValue = createValueReader(webWasmFiles);
