/**
 * A version that answers the rows of a run beside the one that counts. Nothing of it is written but how its answers differ, and
 * nothing of it ends the run: what it cannot do is noted, and it is asked no more.
 */
import { fail, type Problem, problemOf } from '../../core/errors.ts';
import type { ColumnAnswers, Manifest, Scorer } from '../../core/types.ts';
import type { Package } from '../../package/layout.ts';
import type { Source, SourceChunk } from '../../sources/source.ts';
import { score } from './score.ts';

export interface BatchShadow {
  readonly found: Pick<Package, 'manifest' | 'digest'>;
  /** Undefined once it has failed. */
  answers(chunk: SourceChunk, source: Source): Promise<ColumnAnswers | undefined>;
  /** Why it is asked no more. */
  problem(): Problem | undefined;
  close(): Promise<void>;
}

const sharedOutputs = (one: Manifest, other: Manifest): readonly string[] =>
  Object.keys(one.outputs).filter((name) => Object.hasOwn(other.outputs, name));

/** @throws USAGE where the two have no output in common */
export const checkShadow = (ref: string, shadow: Manifest, counts: Manifest): void => {
  if (sharedOutputs(shadow, counts).length > 0) return;
  throw fail('USAGE', `${ref} answers nothing that ${counts.name} answers too: there is nothing to compare`, {
    field: '--shadow',
    expected: `one of ${Object.keys(counts.outputs).join(', ')}`,
    got: Object.keys(shadow.outputs).join(', '),
  });
};

export interface ShadowHost {
  readonly found: Package;
  load(): Promise<Scorer>;
  readonly signal: AbortSignal;
  readonly onNote: (message: string) => void;
}

export const openShadow = ({ found, load, signal, onNote }: ShadowHost): BatchShadow => {
  const { name, version } = found.manifest;
  const scorer = load();
  // A failure is told where it is first asked.
  scorer.catch(() => {});
  let problem: Problem | undefined;
  const giveUp = (error: unknown): void => {
    if (problem !== undefined || signal.aborted) return;
    problem = problemOf(error);
    onNote(`the shadow ${name}@${version} is asked no more: ${problem.code}: ${problem.message}`);
  };
  return {
    found,
    async answers(chunk, source) {
      if (problem !== undefined) return undefined;
      try {
        return (await score(await scorer, chunk, source)).answers;
      } catch (error) {
        giveUp(error);
        return undefined;
      }
    },
    problem: () => problem,
    close: () => scorer.then((loaded) => loaded.close()).catch(() => {}),
  };
};

/** Names of the columns that either of the two reads. */
export const readBy = (manifest: Manifest, shadow: BatchShadow | undefined): readonly string[] => [
  ...new Set([manifest, ...(shadow ? [shadow.found.manifest] : [])].flatMap(({ inputs }) => Object.keys(inputs))),
];
