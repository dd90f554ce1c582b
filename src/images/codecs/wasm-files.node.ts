/** WebAssembly of the decoders, from the packages that bring it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { WasmFiles } from './wasm.ts';

const compile = async (name: string): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve(name))));

export const nodeWasmFiles: WasmFiles = {
  jpeg: async () => {
    const { default: factory } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
    return { factory, module: await compile('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm') };
  },
  webp: async () => {
    const { default: factory } = await import('@jsquash/webp/codec/dec/webp_dec.js');
    return { factory, module: await compile('@jsquash/webp/codec/dec/webp_dec.wasm') };
  },
};
