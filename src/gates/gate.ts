/** The port of this folder: a question that an environment asks of a version before it lets it in. */
import type { Manifest, Scorer } from '../core/types.ts';
import type { Prediction } from '../monitor/records/records.ts';
import type { Registry } from '../registry/types.ts';
import type { GateOutcome, VerdictNumbers } from '../registry/verdict.ts';

/** Whose signatures hold, and who might have signed. */
export interface Signers {
  readonly signed: readonly string[];
  readonly trusted: readonly string[];
  /** All signatures that came with it, those of others too. */
  readonly signatures: number;
}

/** A version that a gate looks at. */
export interface GateVersion {
  readonly version: string;
  readonly digest: string;
  readonly manifest: Manifest;
  readonly examples: number;
  /** Who has signed it, of those whom the project trusts. Nothing of the package runs. @throws FILE_NOT_FOUND, USAGE for a key */
  signers(): Promise<Signers>;
  /** Proves it in a process of its own on its golden examples. @throws BAD_MODEL, EXAMPLE_OFF; what loading throws */
  prove(): Promise<void>;
  /** Opened on the first call, the same one after that; closed when all gates were asked. @throws what loading throws */
  scorer(): Promise<Scorer>;
}

/** What gates are told of the house. */
export interface GateWorld {
  readonly registry: Pick<Registry, 'history' | 'pointers' | 'comparisons' | 'approvals' | 'versions'>;
  /** The last recorded predictions of a model, the last one first. */
  readonly recorded: (model: string, most: number) => Promise<readonly Prediction[]>;
  /** A path of the project's file. */
  readonly placed: (path: string) => string;
  readonly signal?: AbortSignal | undefined;
}

export interface GateQuestion {
  /** The model. */
  readonly name: string;
  /** What it is to come into. */
  readonly environment: string;
  readonly candidate: GateVersion;
  /** The version in place; undefined where the environment is empty. */
  readonly inPlace: GateVersion | undefined;
}

export interface GateAnswer {
  readonly outcome: GateOutcome;
  /** In one sentence, with its numbers. */
  readonly sentence: string;
  readonly numbers: VerdictNumbers;
}

/**
 * Answers for one version. Nothing that is missing is a pass: what cannot be told for want of data is not enough data.
 *
 * @throws what keeps it from being asked, such as FILE_NOT_FOUND, which is not enough data; the signal's reason
 */
export type EnvironmentGate<S> = (question: GateQuestion, settings: S, world: GateWorld) => Promise<GateAnswer>;

/** Of gates that compare: there is no version that it could be worse than. */
export const nothingInPlace = ({ environment, name }: GateQuestion): GateAnswer => ({
  outcome: 'pass',
  sentence: `${environment} has no version of ${name} yet that it could be worse than`,
  numbers: { against: null },
});
