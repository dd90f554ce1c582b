import type { Generated } from 'kysely';

/**
 * Every table of the store, the same in SQLite and PostgreSQL. Times are ISO 8601 UTC text of 24 characters
 * (`2026-11-01T12:00:00.000Z`), so that text order is time order; JSON is text; booleans are 0 and 1.
 */
export interface Tables {
  readonly migrations: MigrationRow;
  readonly blobs: BlobRow;
  readonly blob_chunks: BlobChunkRow;
  readonly models: ModelRow;
  readonly versions: VersionRow;
  readonly version_blobs: VersionBlobRow;
  readonly history: HistoryRow;
}

export interface MigrationRow {
  readonly name: string;
  readonly at: string;
}

export interface BlobRow {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly at: string;
}

export interface BlobChunkRow {
  readonly digest: string;
  /** From 0, without gaps. */
  readonly ordinal: number;
  readonly bytes: Uint8Array;
}

export interface ModelRow {
  readonly name: string;
  /** Taken by whoever is about to move one of its environments: writing this row is the lock that puts moves in one line. */
  readonly turn: number;
}

/** Rows never change and never go. */
export interface VersionRow {
  readonly name: string;
  readonly version: string;
  /** Of the package's OCI manifest. */
  readonly digest: string;
  /** `model.json` as text. */
  readonly manifest: string;
  /** Bytes of all its blobs. */
  readonly size: number;
  readonly registered_at: string;
  readonly registered_by: string;
  readonly why: string | null;
}

export interface VersionBlobRow {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly size: number;
}

/** Where the environments pointed, ever: rows never change and never go. The last one of an environment is its pointer. */
export interface HistoryRow {
  readonly id: Generated<number>;
  readonly name: string;
  readonly environment: string;
  readonly action: 'promote' | 'rollback';
  readonly from_version: string | null;
  readonly to_version: string;
  readonly who: string;
  readonly why: string | null;
  readonly at: string;
}
