import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StepConfig, Value } from '../../src/core/types.ts';
import { prepared } from '../core/prepared.ts';

/** Two pixels side by side, as PNG: black and white, and (10, 20, 30) and (40, 50, 60). */
const GREY = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBAEK+vGgAAAAASUVORK5CYII=';
const COLOURS = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGPgEpHTMLIBAAI3ANNbVlHYAAAAAElFTkSuQmCC';

const answerOf = async (settings: Readonly<Record<string, unknown>>, photo: unknown, dims: readonly number[]) => {
  const prepare: StepConfig[] = [{ image: { of: 'photo', as: 'y', crop: [1, 2], ...settings } }];
  const scorer = prepared({
    inputs: { photo: { kind: 'image', nullable: true } },
    prepare,
    takes: [{ name: 'y', dtype: 'float32', dims }],
  });
  const [answer] = await scorer.score([{ photo }]);
  return answer.error ?? answer.output.y;
};

describe('the step image', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly number[], Value])[] = [
    ['lays channels out in planes', {}, [3, 1, 2], [[[10, 40]], [[20, 50]], [[30, 60]]]],
    [
      'lays channels out side by side',
      { layout: 'nhwc' },
      [1, 2, 3],
      [
        [
          [10, 20, 30],
          [40, 50, 60],
        ],
      ],
    ],
    [
      'turns the channels round',
      { layout: 'nhwc', order: 'bgr' },
      [1, 2, 3],
      [
        [
          [30, 20, 10],
          [60, 50, 40],
        ],
      ],
    ],
    [
      'scales as ToTensor and Normalize do',
      { divide: 255, mean: [0.5, 0.4, 0.3], std: 0.5 },
      [3, 1, 2],
      [10, 20, 30].map((first, channel) => [
        [first, first + 30].map((level) => {
          const mean = Math.fround([0.5, 0.4, 0.3][channel]);
          return Math.fround(Math.fround(Math.fround(level / 255) - mean) / 0.5);
        }),
      ]),
    ],
    [
      'scales as rescale_factor does',
      { multiply: 0.00392156862745098, pixels: 'grey' },
      [1, 1, 2],
      [[[18, 48].map((level) => Math.fround(level * 0.00392156862745098))]],
    ],
  ];
  for (const [what, settings, dims, expected] of cases)
    it(what, async () => {
      assert.deepEqual(await answerOf(settings, COLOURS, dims), expected);
    });

  it('gives grey as three channels that are alike', async () => {
    assert.deepEqual(await answerOf({}, GREY, [3, 1, 2]), [[[0, 255]], [[0, 255]], [[0, 255]]]);
  });

  it('refuses a row without a picture, and settings that leave the size open or say one thing twice', async () => {
    const { code, step } = (await answerOf({}, null, [3, 1, 2])) as { code: string; step: string };
    assert.deepEqual([code, step], ['STEP_FAILED', 'prepare[0] (image)']);
    for (const settings of [
      { crop: undefined },
      { crop: undefined, resize: { to: 256 } },
      { mean: [1, 2] },
      { divide: 255, multiply: 2 },
    ])
      await assert.rejects(answerOf(settings, GREY, [3, 1, 2]), { code: 'BAD_MANIFEST' });
  });
});
