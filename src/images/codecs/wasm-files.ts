/** WebAssembly of the decoders, from the packages that bring it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DecoderFactory } from './wasm.ts';

const compile = async (name: string): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve(name))));

interface Compiled {
  readonly factory: DecoderFactory;
  readonly module: WebAssembly.Module;
}

export const compileJpeg = async (): Promise<Compiled> => {
  const { default: factory } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  return { factory, module: await compile('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm') };
};

export const compileWebp = async (): Promise<Compiled> => {
  const { default: factory } = await import('@jsquash/webp/codec/dec/webp_dec.js');
  return { factory, module: await compile('@jsquash/webp/codec/dec/webp_dec.wasm') };
};
