/** JPEG (ITU-T T.81), baseline and progressive, by libjpeg-turbo's code as WebAssembly: Pillow's decoder, with its bits. */
import { type Bytes, readBytes } from '../bytes.ts';
import { badImage, checkSize, halfFile } from '../image.ts';
import type { Codec, ImageHeader } from './codec.ts';
import { orientationAt } from './exif.ts';
import { createDecoder, type WasmFiles } from './wasm.ts';

const EXIF = 0xe1;
const SCAN = 0xda;
const END = 0xd9;

/** Frames, by their markers: those that a decoder knows are the first three. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** True when the entropy-coded data, in which the mark of the end cannot stand, comes to its end. */
const hasEnd = (file: Uint8Array, from: number): boolean => {
  for (let at = file.length - 2; at >= from; at--) if (file[at] === 0xff && file[at + 1] === END) return true;
  return false;
};

const headerOf = (file: Uint8Array, bytes: Bytes): ImageHeader => {
  let [width, height, orientation] = [0, 0, 1];
  for (let at = 2; ; ) {
    if (bytes.u8(at) !== 0xff) throw halfFile('JPEG');
    const marker = bytes.u8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = bytes.u16(at + 2);
    bytes.slice(at + 2, length);
    if (isFrame(marker)) {
      const [precision, components] = [bytes.u8(at + 4), bytes.u8(at + 9)];
      if (marker > 0xc2 || precision !== 8)
        throw badImage(
          'a baseline or progressive JPEG file of 8 bits',
          `one of frame ${marker - 0xc0}, ${precision} bits`,
        );
      if (components !== 1 && components !== 3)
        throw badImage('a JPEG file of grey or RGB', components === 4 ? 'one of CMYK' : `${components} components`);
      height = bytes.u16(at + 5);
      width = bytes.u16(at + 7);
    } else if (marker === EXIF && length > 10 && bytes.text(at + 4, 4) === 'Exif')
      orientation = orientationAt(bytes, at + 10);
    else if (marker === SCAN) {
      if (width === 0 || !hasEnd(file, at)) throw halfFile('JPEG');
      return { width, height, orientation };
    }
    at += 2 + length;
  }
};

export const jpegCodec = (files: WasmFiles): Codec => ({
  name: 'JPEG',
  matches: (file) => file[0] === 0xff && file[1] === 0xd8 && file[2] === 0xff,
  header(file, limits) {
    const header = headerOf(file, readBytes(file, 'JPEG'));
    checkSize('JPEG', header.width, header.height, limits);
    return header;
  },
  ...createDecoder('JPEG', [false], files.jpeg),
});
