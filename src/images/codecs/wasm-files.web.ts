/** WebAssembly of the decoders, from beside the script that runs here. */
import type { DecoderFactory } from './wasm.ts';

interface Compiled {
  readonly factory: DecoderFactory;
  readonly module: WebAssembly.Module;
}

const compile = async (name: string): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await (await fetch(new URL(name, import.meta.url))).arrayBuffer());

export const compileJpeg = async (): Promise<Compiled> => {
  const { default: factory } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  return { factory, module: await compile('./mozjpeg_dec.wasm') };
};

export const compileWebp = async (): Promise<Compiled> => {
  const { default: factory } = await import('@jsquash/webp/codec/dec/webp_dec.js');
  return { factory, module: await compile('./webp_dec.wasm') };
};
