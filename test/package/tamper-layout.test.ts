import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { encodeJson, openBlobs, openLayout, type Package, toLayout } from '../../src/package/layout.ts';
import { mediaTypes, sha256 } from '../../src/package/oci.ts';
import { openPackage } from '../../src/package/open.ts';
import { packed as pack, writeModel } from './model-folder.ts';
import { refusalOf } from './refusals.ts';

let made: Package;
let layout: ReadonlyMap<string, Uint8Array>;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  ({ package: made } = await pack(writeModel(folder)));
  rmSync(folder, { recursive: true });
  layout = toLayout(made);
});

/** What a message calls the file that holds this blob. */
const nameOf = (digest: string): string => {
  for (const [name, own] of made.digests) if (own === digest) return name;
  return digest === made.digest ? 'the OCI manifest' : 'the model config';
};

describe('a layout', () => {
  test('that lacks any of its files is refused, and says which', async () => {
    for (const path of layout.keys()) {
      const { message } = await refusalOf(openLayout(new Map([...layout].filter(([other]) => other !== path))));
      const name = path.startsWith('blobs/') ? nameOf(`sha256:${path.slice('blobs/sha256/'.length)}`) : path;
      assert.ok(message.includes(name) || (name === 'the OCI manifest' && message.includes('index.json')), message);
    }
  });

  test('with files and blobs that nobody names is what its manifest says', async () => {
    const stray = new TextEncoder().encode('stray');
    const path = `blobs/${(await sha256(stray)).replace(':', '/')}`;
    for (const other of [path, 'blobs/sha256/short', 'blobs/sha512/00', 'manifest.json', 'ingest/1'])
      assert.equal((await openLayout(new Map([...layout, [other, stray]]))).digest, made.digest);
  });

  /** A package whose every digest is right, though its content is not what Millrace writes. */
  const forged = async (
    change: (image: Record<string, unknown>, blobs: Map<string, Uint8Array>) => unknown,
  ): Promise<Promise<Package>> => {
    const blobs = new Map(made.blobs);
    const image = JSON.parse(new TextDecoder().decode(blobs.get(made.digest))) as Record<string, unknown>;
    await change(image, blobs);
    const bytes = encodeJson(image);
    const digest = await sha256(bytes);
    blobs.set(digest, bytes);
    return openBlobs(digest, blobs);
  };
  interface Layer {
    digest: string;
    size: number;
    mediaType: string;
    annotations?: Record<string, string>;
  }
  const layersOf = (image: Record<string, unknown>) => image.layers as Layer[];
  const replace = async (
    image: Record<string, unknown>,
    blobs: Map<string, Uint8Array>,
    name: string,
    content: unknown,
  ) => {
    const layer = layersOf(image).find(({ annotations }) => annotations?.['org.cncf.model.filepath'] === name) as Layer;
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : encodeJson(content);
    layer.digest = await sha256(bytes);
    layer.size = bytes.length;
    blobs.set(layer.digest, bytes);
  };

  const forgeries: readonly (readonly [string, Parameters<typeof forged>[0], RegExp])[] = [
    [
      'an image of another kind',
      (image) => {
        image.artifactType = 'application/vnd.docker.container';
      },
      /expected an artifact of type .*, got application\/vnd\.docker/,
    ],
    [
      'an image without layers',
      (image) => {
        image.layers = [];
      },
      /expected a file model\.json, got no file/,
    ],
    [
      'no model for its runtime',
      (image) => {
        image.layers = layersOf(image).filter(
          (layer) => layer.annotations?.['org.cncf.model.filepath'] !== 'model.onnx',
        );
      },
      /expected a file model\.onnx, got model\.json/,
    ],
    [
      'a layer of a type that is not read here',
      (image) => {
        (layersOf(image)[1] as Layer).mediaType = 'application/vnd.cncf.model.weight.v1.tar+gzip';
      },
      /model\.onnx as application\/vnd\.cncf\.model\.weight\.v1\.raw, got ".*gzip"/,
    ],
    [
      'a file that is not known',
      (image) => {
        (layersOf(image)[2] as Layer).annotations = { 'org.cncf.model.filepath': '../evil.js' };
      },
      /expected only model\.json, .* got \.\.\/evil\.js/,
    ],
    [
      'a layer without a name',
      (image) => {
        delete (layersOf(image)[1] as Layer).annotations;
      },
      /expected only model\.json/,
    ],
    [
      'a file twice',
      (image) => {
        layersOf(image).push(layersOf(image)[0] as Layer);
      },
      /model\.json once, got twice/,
    ],
    [
      'a layer of another size',
      (image) => {
        (layersOf(image)[0] as Layer).size += 1;
      },
      /model\.json of this package is damaged: expected \d+ bytes/,
    ],
    [
      'a layer that is no descriptor',
      (image) => {
        layersOf(image)[0] = null as unknown as Layer;
      },
      /an OCI descriptor/,
    ],
    [
      'no config',
      (image) => {
        delete image.config;
      },
      /an OCI descriptor/,
    ],
    [
      'a manifest of a later version',
      (image, blobs) => replace(image, blobs, 'model.json', { ...made.manifest, guard: {} }),
      /in model\.json expected only name, .*, got "guard"/,
    ],
    [
      'a kind of field of a later version',
      (image, blobs) =>
        replace(image, blobs, 'model.json', { ...made.manifest, inputs: { photo: { kind: 'hologram' } } }),
      /in model\.json, inputs\.photo\.kind, expected one of number, .*, got "hologram"/,
    ],
    [
      'a step of a later version',
      (image, blobs) =>
        replace(image, blobs, 'model.json', { ...made.manifest, prepare: [{ fourier: { of: 'distance' } }] }),
      /in model\.json, prepare\[0\], .*got "fourier"/,
    ],
    [
      'a manifest that is none',
      (image, blobs) => replace(image, blobs, 'model.json', [1, 2]),
      /in model\.json expected object, got an array of 2/,
    ],
    [
      'a manifest that has a key twice',
      (image, blobs) =>
        replace(image, blobs, 'model.json', JSON.stringify(made.manifest).replace('{', '{"runtime":"trees",')),
      /model\.json of this package is damaged: expected each key once, got "runtime" twice/,
    ],
    [
      'examples that are none',
      (image, blobs) => replace(image, blobs, 'examples.json', { a: 1 }),
      /in examples\.json expected array, got an object/,
    ],
  ];
  for (const [what, change, message] of forgeries)
    test(`with ${what} is refused though every digest is right`, async () => {
      assert.match((await refusalOf(forged(change))).message, message);
    });

  test('of something else says what it is not', async () => {
    const { message } = await refusalOf(openLayout(new Map([['model.pkl', encodeJson(1)]])));
    assert.match(message, /not a package .* expected an OCI image layout .* got model\.pkl/);
    assert.match((await refusalOf(openPackage(new TextEncoder().encode('PK..')))).message, /it is no tar file/);
  });

  test('that is the model itself says how a package is made of it', async () => {
    const { message } = await refusalOf(openPackage(made.files.get('model.onnx') as Uint8Array));
    assert.match(message, /it is no tar file; a model becomes a package with millrace init and millrace pack\.$/);
    const large = new Uint8Array(5000).fill(7);
    assert.match((await refusalOf(openPackage(large))).message, /it is no tar file/);
  });

  test('has the media types of OCI and ModelPack', () => {
    const image = JSON.parse(new TextDecoder().decode(made.blobs.get(made.digest)));
    assert.equal(image.mediaType, mediaTypes.manifest);
    assert.equal(image.artifactType, 'application/vnd.cncf.model.manifest.v1+json');
    assert.equal(image.config.mediaType, 'application/vnd.cncf.model.config.v1+json');
    assert.deepEqual(JSON.parse(new TextDecoder().decode(made.blobs.get(image.config.digest))), {
      descriptor: {
        name: 'doubling',
        version: '1.0.0',
        description: 'Twice the distance and the hour',
        licenses: ['Apache-2.0'],
      },
      modelfs: { type: 'layers', diffIds: image.layers.map(({ digest }: Layer) => digest) },
      config: { format: 'onnx' },
    });
    assert.deepEqual(
      image.layers.map(({ mediaType, annotations }: Layer) => [annotations?.['org.cncf.model.filepath'], mediaType]),
      [
        ['model.json', 'application/vnd.cncf.model.weight.config.v1.raw'],
        ['model.onnx', 'application/vnd.cncf.model.weight.v1.raw'],
        ['transform.js', 'application/vnd.cncf.model.code.v1.raw'],
        ['examples.json', 'application/vnd.cncf.model.dataset.v1.raw'],
        ['profile.json', 'application/vnd.cncf.model.dataset.v1.raw'],
      ],
    );
  });
});
