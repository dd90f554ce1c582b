/** Packages in layouts as oras 1.2, crane 0.22 and skopeo 1.9 write them: what counts is a descriptor and the digests. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { encodeJson, openLayout, type Package, toLayout } from '../../src/package/layout.ts';
import { mediaTypes, sha256 } from '../../src/package/oci.ts';
import { openPackage } from '../../src/package/open.ts';
import { writeTar } from '../../src/package/tar.ts';
import { tempFolder } from '../temp-folder.ts';
import { packed, writeModel, yamlWith } from './model-folder.ts';

type Layout = ReadonlyMap<string, Uint8Array>;
type Json = Readonly<Record<string, unknown>>;

const REF = 'org.opencontainers.image.ref.name';
const read = (bytes: Uint8Array | undefined): Json => JSON.parse(new TextDecoder().decode(bytes));

/** A layout with another `index.json`. */
const indexed = (layout: Layout, manifests: readonly Json[], more: Json = {}): Layout =>
  new Map([...layout, ['index.json', encodeJson({ schemaVersion: 2, ...more, manifests })]]);

const descriptorOf = ({ digest, blobs }: Package): Json => ({
  mediaType: mediaTypes.manifest,
  digest,
  size: blobs.get(digest)?.length,
});

const versionOf = async (t: TestContext, version: string): Promise<Package> => {
  const changes = yamlWith('version: 1.0.0', `version: ${version}`);
  return (await packed(writeModel(join(tempFolder(t), version), changes))).package;
};

const rewritten = (made: Package): readonly (readonly [string, Layout])[] => {
  const layout = toLayout(made);
  const entry = descriptorOf(made);
  const artifactType = mediaTypes.artifact;
  const tool = (name: string) => ({ annotations: { 'org.example.copied-by': name } });
  return [
    ['oras copy', indexed(layout, [{ ...entry, annotations: { [REF]: '1.2.0' }, artifactType }])],
    ['oras copy from a registry', indexed(layout, [{ ...entry, annotations: { [REF]: 'v' } }])],
    ['crane pull', indexed(layout, [{ size: entry.size, ...entry, artifactType }], { mediaType: mediaTypes.index })],
    [
      'crane pull --annotate-ref',
      indexed(layout, [{ ...entry, annotations: { [REF]: '127.0.0.1:5077/ride:1.2.0' }, artifactType }]),
    ],
    ['skopeo copy', indexed(layout, [{ ...entry, annotations: { [REF]: 'ride' } }])],
    ['an index with annotations', indexed(layout, [{ ...entry, ...tool('one') }], tool('another'))],
    ['no tag at all', indexed(layout, [entry])],
    ['other files', new Map([...layout, ['manifest.json', encodeJson([])], ['ingest/1', encodeJson(1)]])],
  ];
};

test('a package that went through another tool is the same package', async (t) => {
  const made = await versionOf(t, '1.2.0');
  for (const [what, layout] of rewritten(made)) {
    assert.equal((await openLayout(layout)).digest, made.digest, what);
    const tar = writeTar(new Map([...layout].toReversed()));
    assert.equal((await openPackage(tar)).digest, made.digest, what);
  }
});

test('its tag is the bare version, and each layer has a title, so that tools write files', async (t) => {
  const made = await versionOf(t, '1.2.0');
  const { manifests } = read(toLayout(made).get('index.json')) as { manifests: { annotations: Json }[] };
  assert.equal(manifests[0].annotations[REF], '1.2.0');
  const { layers } = read(made.blobs.get(made.digest)) as unknown as { layers: { annotations: Json }[] };
  const titles = layers.map(({ annotations }) => annotations['org.opencontainers.image.title']);
  assert.deepEqual(titles, [...made.files.keys()]);
});

test('of several models the tag says which, and none is guessed', async (t) => {
  const [one, two] = [await versionOf(t, '1.2.0'), await versionOf(t, '1.3.0')];
  const image = encodeJson({ schemaVersion: 2, mediaType: mediaTypes.manifest, layers: [] });
  const other = { mediaType: mediaTypes.manifest, digest: await sha256(image), size: image.length };
  const both: Layout = new Map([
    ...toLayout(one),
    ...toLayout(two),
    [`blobs/${other.digest.replace(':', '/')}`, image] as const,
  ]);
  const tagged = (made: Package, tag: string) => ({ ...descriptorOf(made), annotations: { [REF]: tag } });
  const layout = indexed(both, [other, tagged(one, '1.2.0'), tagged(two, 'registry.example/ride:1.3.0')]);
  assert.equal((await openLayout(layout, '1.2.0')).digest, one.digest);
  assert.equal((await openLayout(layout, '1.3.0')).digest, two.digest);
  await assert.rejects(openLayout(layout), /one model, or its tag behind the path.*1\.2\.0, 1\.3\.0/);
  await assert.rejects(openLayout(layout, '2.0.0'), /a model with the tag 2\.0\.0/);
  const single = indexed(both, [other, tagged(one, '1.2.0'), tagged(one, 'latest')]);
  assert.equal((await openLayout(single)).digest, one.digest);

  const folder = tempFolder(t);
  for (const [path, bytes] of layout) {
    mkdirSync(dirname(join(folder, 'models', path)), { recursive: true });
    writeFileSync(join(folder, 'models', path), bytes);
  }
  writeFileSync(join(folder, 'models.tar'), writeTar(layout));
  const app = createApp({ cwd: folder, env: { MILLRACE_HOME: join(folder, 'home') } });
  t.after(() => app.close());
  for (const name of ['./models', 'models.tar']) {
    assert.equal((await app.open(`${name}:1.3.0`)).digest, two.digest);
    await assert.rejects(app.open(name), (error) => error instanceof MillraceError && error.code === 'DAMAGED_PACKAGE');
  }
});

test('a layer whose bytes or size are not as described is refused, whoever wrote the layout', async (t) => {
  const made = await versionOf(t, '1.2.0');
  const layout = toLayout(made);
  const entry = descriptorOf(made);
  await assert.rejects(openLayout(indexed(layout, [{ ...entry, size: 1 }])), /OCI manifest/);
  await assert.rejects(openLayout(indexed(layout, [{ ...entry, digest: `sha256:${'0'.repeat(64)}` }])), /index\.json/);
  const model = `blobs/${made.digests.get('model.onnx')?.replace(':', '/')}`;
  await assert.rejects(openLayout(new Map([...layout, [model, encodeJson('other')]])), /model\.onnx/);
});
