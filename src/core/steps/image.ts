/** From an image to the tensor that a network takes: decode, orient, resize, crop, scale, normalise, layout. */
import type { Batch, Column } from '../columns.ts';
import { fail } from '../errors.ts';
import { isProblem } from '../field.ts';
import { filterNames, type ImageSettings, passOrders, pixelModes, type Samples } from '../images.ts';
import {
  badStep,
  nameSchema,
  need,
  type StepContext,
  type StepKind,
  settingsSchema,
  stepProblem,
  strings,
} from './step.ts';

const side = { type: 'integer', minimum: 1, maximum: 16_384 } as const;
const sides = { type: 'array', items: side, minItems: 2, maxItems: 2 } as const;
const perChannel = {
  anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 3 }],
};

interface Settings extends Partial<Omit<ImageSettings, 'resize'>> {
  readonly of: string;
  readonly as: string;
  readonly resize?: Partial<NonNullable<ImageSettings['resize']>> & Pick<NonNullable<ImageSettings['resize']>, 'to'>;
  readonly divide?: number;
  readonly multiply?: number;
  readonly mean?: number | readonly number[];
  readonly std?: number | readonly number[];
  readonly order?: 'rgb' | 'bgr';
  readonly layout?: 'nchw' | 'nhwc';
}

const list = (value: number | readonly number[] | undefined, otherwise: number, channels: number): Float32Array => {
  const values = value === undefined ? [otherwise] : typeof value === 'number' ? [value] : value;
  return Float32Array.from({ length: channels }, (_, channel) => values[values.length === 1 ? 0 : channel]);
};

/**
 * A level as the network wants it, in the float32 arithmetic of the libraries: `divide` as torchvision's ToTensor does it,
 * `multiply` as Hugging Face's rescale does it (in float64, then rounded), then (x - mean) / std, each rounded.
 */
const scaling = ({ divide, multiply, mean, std }: Settings, channels: number) => {
  const means = list(mean, 0, channels);
  const deviations = list(std, 1, channels);
  return (level: number, channel: number): number => {
    const scaled = Math.fround(divide === undefined ? level * (multiply ?? 1) : level / divide);
    return Math.fround(Math.fround(scaled - means[channel]) / deviations[channel]);
  };
};

/** A float32 for each level of each channel: looked up rather than reckoned for every pixel. */
const tableOf = (settings: Settings, levels: number, channels: number): Float32Array => {
  const scale = scaling(settings, channels);
  return Float32Array.from({ length: levels * channels }, (_, at) => scale(at % levels, Math.floor(at / levels)));
};

interface Geometry {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** @throws BAD_MANIFEST for settings that leave the size open, or do not fit the channels */
const geometryOf = (settings: Settings, context: StepContext): Geometry => {
  const { crop, resize, pixels = 'rgb', of } = settings;
  const size = crop ?? (typeof resize?.to === 'object' ? resize.to : undefined);
  const refuse = (message: string, expected: string, got: string) => badStep(context, of, message, expected, got);
  if (size === undefined) {
    const expected = 'resize: { to: [224, 224] }, or crop: [224, 224]';
    throw refuse(
      'all images must come to one size, [height, width].',
      expected,
      resize ? `to: ${resize.to} alone` : 'neither',
    );
  }
  const channels = pixels === 'rgb' ? 3 : 1;
  for (const [name, value] of Object.entries({ mean: settings.mean, std: settings.std }))
    if (Array.isArray(value) && value.length !== 1 && value.length !== channels)
      throw refuse(`${name} has ${value.length} numbers.`, `one number, or ${channels}`, `${value.length}`);
  if (settings.divide !== undefined && settings.multiply !== undefined)
    throw refuse('divide and multiply are two ways to say one thing.', 'one of them', 'both');
  return { height: size[0], width: size[1], channels };
};

/** Writes the samples of one image behind `at`, in the order of the layout. */
const writer = (settings: Settings, { height, width, channels }: Geometry) => {
  const levels = settings.pixels === 'grey16' ? 65_536 : 256;
  const table = tableOf(settings, levels, channels);
  const planar = (settings.layout ?? 'nchw') === 'nchw';
  const isTurned = settings.order === 'bgr' && channels === 3;
  const count = height * width;
  return (samples: Samples, to: Float32Array, at: number): void => {
    for (let channel = 0; channel < channels; channel++) {
      const from = isTurned ? channels - 1 - channel : channel;
      const base = channel * levels;
      const [start, step] = planar ? [at + channel * count, 1] : [at + channel, channels];
      for (let pixel = 0; pixel < count; pixel++)
        to[start + pixel * step] = table[base + samples[pixel * channels + from]];
    }
  };
};

export const image: StepKind = {
  schema: {
    description:
      'The pixels of an image as the tensor that a network takes: decode, orient, resize, crop, scale, normalise, layout',
    ...settingsSchema(
      {
        of: nameSchema,
        as: nameSchema,
        pixels: { enum: pixelModes, description: 'Samples of a pixel (default rgb)' },
        orientation: {
          enum: ['ignore', 'apply'],
          description: 'Whether Exif turns it (default ignore, as most training did)',
        },
        resize: {
          ...settingsSchema(
            {
              to: { anyOf: [side, sides], description: '[height, width], or the length of the shorter side' },
              filter: { enum: filterNames, description: "Pillow's, with its bytes (default bilinear)" },
              passes: {
                enum: passOrders,
                description: 'Which pass comes first (default horizontal-first, as in Pillow up to 12)',
              },
            },
            ['to'],
          ),
        },
        crop: { ...sides, description: '[height, width] of the middle that is kept' },
        maxPixels: { type: 'integer', minimum: 1, description: 'Pixels of a file at most (default 50000000)' },
        divide: {
          type: 'number',
          exclusiveMinimum: 0,
          description: 'Levels are divided by it in float32, as ToTensor does by 255',
        },
        multiply: {
          type: 'number',
          description: "Levels are multiplied by it in float64, as Hugging Face's rescale_factor",
        },
        mean: { ...perChannel, description: 'Subtracted, a number for all channels or one for each' },
        std: { ...perChannel, description: 'Divided by, after mean' },
        order: { enum: ['rgb', 'bgr'], description: 'Order of the channels (default rgb)' },
        layout: { enum: ['nchw', 'nhwc'], description: 'Planes of channels, or channels side by side (default nchw)' },
      },
      ['of', 'as'],
    ),
  },
  compile(given, context) {
    const settings = given as Partial<Settings> & Pick<Settings, 'of' | 'as'>;
    const { of, as, pixels = 'rgb', orientation = 'ignore', resize, crop, maxPixels } = settings;
    need(context, of, 'string');
    const geometry = geometryOf(settings, context);
    const { height, width, channels } = geometry;
    const { readImage } = context;
    const wanted: ImageSettings = {
      pixels,
      orientation,
      ...(resize && { resize: { filter: 'bilinear', passes: 'horizontal-first', ...resize } }),
      ...(crop && { crop }),
      ...(maxPixels && { maxPixels }),
    };
    const size = height * width * channels;
    const write = writer(settings, geometry);
    const decode = async (batch: Batch): Promise<Column> => {
      if (readImage === undefined) throw fail('NOT_LOADED', `${context.label}: nothing here decodes images.`);
      const values = strings(context, batch, of);
      const data = new Float32Array(batch.rows * size);
      await Promise.all(
        values.map(async (value, row) => {
          if (batch.problems.has(row)) return;
          if (value === null) return batch.refuse(row, stepProblem(context, of, 'an image', null));
          const samples = await readImage(value, wanted);
          if (isProblem(samples) && 'code' in samples) {
            batch.refuse(row, { ...samples, field: of, message: `${of}: ${samples.message}` });
          } else write(samples, data, row * size);
        }),
      );
      return { type: 'tensor', dtype: 'float32', size, data };
    };
    const shape = (settings.layout ?? 'nchw') === 'nchw' ? [channels, height, width] : [height, width, channels];
    return { as, type: 'tensor', tensor: { dtype: 'float32', size, shape }, apply: decode };
  },
};
