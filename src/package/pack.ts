/** Packing: a folder with model.yaml becomes one immutable package, after it has proved that it answers as it should. */
import { fail } from '../core/errors.ts';
import { sampleRow } from '../core/sample-row.ts';
import type { Example, Manifest, Scorer } from '../core/types.ts';
import type { Weights } from '../core/weights.ts';
import type { Reference } from '../monitor/profile/reference.ts';
import { formatOf } from '../runtimes/formats.ts';
import { runtimeOf } from '../runtimes/index.ts';
import { exactJson } from '../text/exact-json.ts';
import { checkExamples, type Deviation, firstMixed } from './golden.ts';
import { blobPath, encodeJson, makePackage, type Package, toSignedLayout } from './layout.ts';
import { profileReference, type ReferenceChunk } from './reference-profile.ts';
import { type ModelFolder, readSource } from './source.ts';
import { type TarPiece, tarPieces, writeTar } from './tar.ts';

export interface PackOptions {
  /**
   * Makes the package ready to score: in this process when it is known to be safe, else in one of its own. What ends that
   * process is refused with BAD_MODEL.
   */
  readonly load: (draft: Package) => Promise<Scorer>;
  readonly readReference: (path: string) => AsyncIterable<ReferenceChunk>;
  readonly onProgress?: (what: string) => void;
  /** Signs what was packed: an envelope as text. Unsigned unless given. */
  readonly sign?: ((packed: Package) => string) | undefined;
}

export interface Packed {
  readonly package: Package;
  /** The package file; empty where weights lie in a file of their own, as then it may be larger than memory. */
  readonly tar: Uint8Array;
  /** The package file in pieces, whatever the package. */
  readonly pieces: readonly TarPiece[];
  /** The table of golden examples, all of whose rows hold; undefined where model.yaml names none. */
  readonly heldOut?: { readonly file: string; readonly rows: number } | undefined;
  /** The sample that was profiled, and whether model.yaml names it or it was found beside it. */
  readonly reference?: { readonly file: string; readonly isFound: boolean; readonly rows: number } | undefined;
}

const quote = (value: unknown): string => (value === undefined ? 'nothing' : exactJson(value));

const deviationText = ({ example, field, expected, got, difference, allowed, problem }: Deviation): string =>
  problem
    ? `example ${example}: ${problem.message}`
    : `example ${example}: ${field}: expected ${quote(expected)}, got ${quote(got)}${difference === undefined ? '' : ` (off by ${difference.toPrecision(3)}, ${allowed?.toPrecision(3)} allowed)`}`;

const checkGolden = async (scorer: Scorer, examples: readonly Example[]): Promise<void> => {
  const known = Object.keys(scorer.manifest.outputs);
  examples.forEach(({ output }, index) => {
    const stranger = Object.keys(output).find((name) => !known.includes(name));
    if (stranger === undefined && Object.keys(output).length > 0) return;
    throw fail(
      'BAD_EXAMPLES',
      `Example ${index} has ${stranger === undefined ? 'no output' : `an output ${stranger} that the signature lacks`}.`,
      {
        expected: known.join(', '),
        got: stranger ?? 'nothing',
      },
    );
  });
  const off = await checkExamples(scorer, examples);
  if (off.length === 0) {
    const mixed = await firstMixed(scorer, examples);
    if (mixed === undefined) return;
    throw fail('BAD_MODEL', `Example ${mixed} gets another answer alone than among the others: the model mixes rows.`, {
      expected: 'a model whose answer for a row does not depend on the other rows of its batch',
      got: 'one that mixes them; export it with a dynamic first dimension',
    });
  }
  const rows = new Set(off.map(({ example }) => example)).size;
  const shown = off.slice(0, 5).map(deviationText);
  const more = off.length > shown.length ? `\n  and ${off.length - shown.length} more` : '';
  throw fail('EXAMPLE_OFF', `${rows} of ${examples.length} golden examples are off:\n  ${shown.join('\n  ')}${more}`, {
    expected: 'answers within the tolerance of the golden ones',
    got: `${rows} that are not`,
  });
};

/** Scores a made-up row, the golden examples, or every row of a table of them. Answers which examples travel with the package. */
const proveExamples = async (
  scorer: Scorer,
  { examples, heldOut }: ModelFolder,
  say: (what: string) => void,
): Promise<{ readonly rows: number; readonly examples: readonly Example[] }> => {
  if (heldOut !== undefined) {
    say(`holding the rows of ${heldOut.name}`);
    const { holdOut } = await import('./held-out.ts');
    const held = await holdOut(scorer, heldOut);
    await checkGolden(scorer, held.examples);
    return held;
  }
  if (examples.length === 0) {
    // Whatever it answers: a model that cannot take a row of its own signature should not get further than this.
    say('scoring a made-up row');
    await scorer.score([sampleRow(scorer.manifest.inputs)]);
  } else {
    say(`scoring ${examples.length} golden examples`);
    await checkGolden(scorer, examples);
  }
  return { rows: examples.length, examples };
};

/** Files that are known before anything is scored. */
const firstFiles = async (
  source: ModelFolder,
  manifest: Manifest,
  bundled: Uint8Array | undefined,
): Promise<Map<string, Uint8Array>> =>
  new Map([
    ['model.json', encodeJson(manifest)],
    [runtimeOf(manifest).file, source.model],
    ...(bundled ? [['transform.js', bundled] as const] : []),
    ...(source.examples.length > 0 ? [['examples.json', encodeJson(source.examples)] as const] : []),
  ]);

const packageFile = async (packed: Package): Promise<Pick<Packed, 'tar' | 'pieces'>> => {
  const { weights } = packed;
  if (weights === undefined) {
    const tar = writeTar(await toSignedLayout(packed));
    return { tar, pieces: [tar] };
  }
  const layout = new Map<string, Uint8Array | Weights>(await toSignedLayout(packed));
  layout.set(blobPath(weights.digest), weights);
  return { tar: new Uint8Array(), pieces: tarPieces(layout) };
};

/**
 * Packs a folder. Refuses (throws) when model.yaml is wrong (BAD_MANIFEST), model and signature do not fit (BAD_MODEL,
 * BAD_MANIFEST), the graph has chance in it or the model ends the process that scores it (BAD_MODEL), the transform cannot
 * travel (BAD_TRANSFORM), a golden example is off (EXAMPLE_OFF), or the reference does not fit the signature
 * (BAD_REFERENCE). The digest depends on nothing but the folder's content.
 */
export const packFolder = async (dir: string, options: PackOptions): Promise<Packed> => {
  const say = options.onProgress ?? (() => {});
  const source = await readSource(dir);
  const { manifest } = source;
  (await formatOf(runtimeOf(manifest))).refuseChance(source.model);
  let bundled: Uint8Array | undefined;
  if (source.transform !== undefined) {
    say('bundling the transform');
    const { bundleTransform } = await import('./bundle.ts');
    bundled = await bundleTransform(source.transform);
  }
  const files = await firstFiles(source, manifest, bundled);
  const draft = await makePackage(files, source.weights);
  say('loading the model');
  let scorer: Scorer;
  try {
    scorer = await options.load(draft);
  } catch (error) {
    throw source.locate(error);
  }
  const { heldOut, reference } = source;
  let held: { readonly rows: number; readonly examples: readonly Example[] };
  let profile: Reference | undefined;
  try {
    held = await proveExamples(scorer, source, say);
    if (reference !== undefined) {
      say('profiling the reference');
      profile = await profileReference(scorer, reference, options.readReference(reference.path));
    }
  } finally {
    await scorer.close();
  }
  if (heldOut !== undefined) files.set('examples.json', encodeJson(held.examples));
  if (profile !== undefined) files.set('profile.json', encodeJson(profile));
  const made = heldOut === undefined && profile === undefined ? draft : await makePackage(files, source.weights);
  const packed = options.sign === undefined ? made : { ...made, signatures: [options.sign(made)] };
  return {
    package: packed,
    ...(await packageFile(packed)),
    ...(heldOut && { heldOut: { file: heldOut.name, rows: held.rows } }),
    ...(reference &&
      profile && { reference: { file: reference.name, isFound: reference.isFound, rows: profile.rows } }),
  };
};
