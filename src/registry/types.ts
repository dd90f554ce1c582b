import type { Manifest } from '../core/types.ts';
import type { Blobs } from '../store/blobs.ts';

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

export interface NewVersion extends Signed {
  readonly manifest: Manifest;
  readonly digest: string;
  /** All of the package by digest, its OCI manifest among them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
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
  /** Moves an environment to a version. @throws UNKNOWN_MODEL, UNKNOWN_VERSION, UNKNOWN_ENVIRONMENT */
  promote(move: Signed & { readonly name: string; readonly version: string; readonly to: string }): Promise<Moved>;
  /**
   * Takes back the last promotion that still stands, as an editor's undo does: again goes further back. With `from`, of that
   * version alone: where the environment points at another one meanwhile, nothing is taken back.
   *
   * @throws NOTHING_TO_ROLL_BACK, EMPTY_ENVIRONMENT, UNKNOWN_MODEL, UNKNOWN_ENVIRONMENT
   */
  rollback(move: Signed & { readonly name: string; readonly env: string; readonly from?: string }): Promise<Moved>;
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
  /** Closes the store it was given. */
  close(): Promise<void>;
}
