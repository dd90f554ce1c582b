/** WebAssembly of the decoders, from beside the script that runs here. */
import type { WasmFiles } from './wasm.ts';

const compile = async (name: string): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await (await fetch(new URL(name, import.meta.url))).arrayBuffer());

export const webWasmFiles: WasmFiles = {
  jpeg: async () => {
    const { default: factory } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
    return { factory, module: await compile('./mozjpeg_dec.wasm') };
  },
  webp: async () => {
    const { default: factory } = await import('@jsquash/webp/codec/dec/webp_dec.js');
    return { factory, module: await compile('./webp_dec.wasm') };
  },
};
