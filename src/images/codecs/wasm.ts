/** Decoders that are WebAssembly. One that traps is thrown away: the next file gets another. */
import type { Image } from '../image.ts';
import { badImage, halfFile } from '../image.ts';
import type { Decode } from './codec.ts';

/** What an instance gives: 8 bits, RGBA. */
interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}
interface Decoder {
  /** JPEG takes a second word: whether to keep the picture as it lies, or turn it by Exif. */
  decode(file: Uint8Array, ...words: readonly boolean[]): Rgba | null;
}
export interface DecoderOptions {
  readonly noInitialRun: boolean;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
  readonly instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => object;
}
export type DecoderFactory = (options: DecoderOptions) => Promise<Decoder>;

export interface CompiledDecoder {
  readonly factory: DecoderFactory;
  readonly module: WebAssembly.Module;
}
/** Where the decoders come from: files of packages in Node, or beside a script in a browser. */
export interface WasmFiles {
  jpeg(): Promise<CompiledDecoder>;
  webp(): Promise<CompiledDecoder>;
}

/** Memory of an instance grows to the largest picture and never shrinks: after one of so many pixels it is let go. */
const LARGE_PIXELS = 4_000_000;

export const createDecoder = (
  format: string,
  words: readonly boolean[],
  compile: () => Promise<CompiledDecoder>,
): { load(): Promise<Decode> } => {
  let compiled: ReturnType<typeof compile> | undefined;
  let instance: Decoder | undefined;
  let said: string[] = [];

  const start = async (): Promise<Decoder> => {
    compiled ??= compile();
    const { factory, module } = await compiled;
    return factory({
      noInitialRun: true,
      print: () => {},
      printErr: (line) => said.push(line),
      instantiateWasm: (imports, done) => {
        const one = new WebAssembly.Instance(module, imports);
        done(one);
        return one.exports;
      },
    });
  };
  const decode: Decode = async (file): Promise<Image> => {
    instance ??= await start();
    const decoder = instance;
    // Whoever comes while this one is at work, or after it has trapped, takes another instance.
    instance = undefined;
    said = [];
    let found: Rgba | null;
    try {
      found = decoder.decode(file, ...words);
    } catch {
      throw halfFile(format);
    }
    if (!found) throw badImage(`a ${format} file`, 'one that its decoder does not understand');
    const { width, height, data } = found;
    if (width * height <= LARGE_PIXELS) instance = decoder;
    if (said.some((line) => line.startsWith('Premature end of'))) throw halfFile(format);
    return { width, height, channels: 4, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  };
  return {
    async load() {
      instance ??= await start();
      return decode;
    },
  };
};
