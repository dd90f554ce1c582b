import type { Manifest } from '../core/types.ts';
import type { Blobs, LargeBlob } from '../store/blobs.ts';
import type { ComparisonVerdict, Verdict } from './verdict.ts';

/** One version of one model; the digest is that of the package's OCI manifest. */
export interface Resolved {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

export interface VersionSummary extends Resolved {
  /** Bytes of all its blobs. */
  readonly size: number;
  /** ISO 8601, UTC; so are all times here. */
  readonly registeredAt: string;
  readonly registeredBy: string;
  readonly why?: string;
}

export interface Version extends VersionSummary {
  readonly manifest: Manifest;
  /** Digests of all the blobs of the package, its OCI manifest's among them. */
  readonly blobs: readonly string[];
  /** DSSE envelopes, as text, in the order in which they came; there where there are any. Nobody has checked them. */
  readonly signatures?: readonly string[];
}

/** One row of an environment's history. */
export interface Move {
  readonly id: number;
  readonly name: string;
  readonly environment: string;
  readonly action: 'promote' | 'rollback';
  /** null when the environment pointed at nothing before. */
  readonly from: string | null;
  readonly to: string;
  readonly who: string;
  readonly why?: string;
  readonly at: string;
  /** What it rests on: of the gates that were asked, or of a comparison that was worse. There where there are any. */
  readonly verdicts?: readonly Verdict[];
}

/** Where an environment points, since when, and who said so. */
export interface Pointer {
  readonly environment: string;
  readonly version: string;
  readonly digest: string;
  readonly since: string;
  readonly who: string;
  readonly why?: string;
}

export interface ModelSummary {
  readonly name: string;
  /** What the bare name means. */
  readonly latest: VersionSummary;
  /** Highest first. */
  readonly versions: readonly VersionSummary[];
  /** In the order of the project's environments. */
  readonly pointers: readonly Pointer[];
}

export interface Registration extends Resolved {
  /** False when the same version with the same digest was there already. */
  readonly added: boolean;
}

export interface Moved extends Resolved {
  readonly environment: string;
  readonly from: string | null;
  /** False when the environment pointed there already: then nothing was written. */
  readonly changed: boolean;
}

export interface Signed {
  /** The registry's own `who` unless given. */
  readonly who?: string;
  readonly why?: string;
}

/** A move, with what it rests on. */
export interface JudgedMove extends Signed {
  /** None unless given. */
  readonly verdicts?: readonly Verdict[];
}

export interface NewPointer extends JudgedMove {
  readonly name: string;
  readonly version: string;
  /** The environment. */
  readonly to: string;
  /** Where the environment pointed when its gates were asked, null for nothing: where it has moved since, it is left alone. */
  readonly from?: string | null;
  /** It is moved although a gate has not let the version in; false unless given. */
  readonly override?: boolean;
}

/** Two versions that were compared to the end, and what was found. */
export interface FinishedComparison {
  /** Of a rollout, or of whatever has compared them. */
  readonly comparison: string;
  readonly name: string;
  /** The candidate, and the version that it was held against. */
  readonly version: string;
  readonly against: string;
  /** One or more. */
  readonly verdicts: readonly ComparisonVerdict[];
}

/** Somebody is for letting a version into an environment. */
export interface Approval {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  readonly who: string;
  readonly why?: string;
  readonly at: string;
}

export interface NewVersion extends Signed {
  readonly manifest: Manifest;
  readonly digest: string;
  /** All of the package by digest, its OCI manifest among them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Blobs of it that are too large to be in memory. */
  readonly large?: readonly LargeBlob[];
  /** DSSE envelopes, as text; also of a version that is there already. None unless given. */
  readonly signatures?: readonly string[] | undefined;
}

export interface Registry {
  readonly environments: readonly string[];
  /** The URL of its database, without user and password. */
  readonly place: string;
  readonly blobs: Blobs;
  /**
   * Keeps a version for ever.
   *
   * @throws VERSION_TAKEN when the version has another digest; DAMAGED_PACKAGE; BAD_MANIFEST
   */
  register(version: NewVersion): Promise<Registration>;
  /** All models, by name. */
  models(): Promise<readonly ModelSummary[]>;
  /** Highest first. @throws UNKNOWN_MODEL */
  versions(name: string): Promise<readonly VersionSummary[]>;
  /** @throws BAD_REF, UNKNOWN_MODEL, UNKNOWN_VERSION, UNKNOWN_ENVIRONMENT, EMPTY_ENVIRONMENT */
  resolve(ref: string): Promise<Resolved>;
  /** All that is known of the version that `ref` means. @throws as `resolve` */
  find(ref: string): Promise<Version>;
  /**
   * Moves an environment to a version, which each of the environment's gates has let in by a verdict among those given, or which
   * is let in all the same (`override`). The verdicts are kept with the move.
   *
   * @throws GATE_REFUSED with a line for each gate that does not let it in; UNKNOWN_MODEL, UNKNOWN_VERSION, UNKNOWN_ENVIRONMENT
   */
  promote(move: NewPointer): Promise<Moved>;
  /**
   * Takes back the last promotion that still stands, as an editor's undo does: again goes further back. With `from`, of that
   * version alone: where the environment points at another one meanwhile, nothing is taken back. No gate is asked.
   *
   * @throws NOTHING_TO_ROLL_BACK, EMPTY_ENVIRONMENT, UNKNOWN_MODEL, UNKNOWN_ENVIRONMENT
   */
  rollback(move: JudgedMove & { readonly name: string; readonly env: string; readonly from?: string }): Promise<Moved>;
  /**
   * Every move of the model's environments, or of one, the oldest first. What happened in an environment that the
   * project no longer has can still be read.
   *
   * @throws UNKNOWN_MODEL, UNKNOWN_ENVIRONMENT
   */
  history(name: string, env?: string): Promise<readonly Move[]>;
  /** Where an environment pointed at that moment; undefined before its first promotion. */
  at(moment: { readonly name: string; readonly env: string; readonly date: Date }): Promise<Pointer | undefined>;
  /** Where each environment points, those that point at nothing left out. None for a name that is not registered. */
  pointers(name: string): Promise<readonly Pointer[]>;
  /** Keeps what a comparison that is over has found. @throws UNKNOWN_VERSION */
  keepComparison(compared: FinishedComparison): Promise<void>;
  /** Comparisons that are over, of this version as the candidate, the last one first. */
  comparisons(version: { readonly name: string; readonly version: string }): Promise<readonly FinishedComparison[]>;
  /** Keeps that somebody is for letting a version into an environment. @throws UNKNOWN_MODEL, UNKNOWN_VERSION, UNKNOWN_ENVIRONMENT */
  approve(
    approval: Signed & { readonly name: string; readonly version: string; readonly environment: string },
  ): Promise<Approval>;
  /** The oldest first. */
  approvals(of: {
    readonly name: string;
    readonly version: string;
    readonly environment: string;
  }): Promise<readonly Approval[]>;
  /** Closes the store it was given. */
  close(): Promise<void>;
}
