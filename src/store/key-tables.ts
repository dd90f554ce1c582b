/** Keys of those who call. Rows never go; once revoked, a key stays revoked. */
export interface AccessKeyRow {
  readonly id: string;
  /** SHA-256 of the whole key, in hexadecimal digits: what the key is stands nowhere. */
  readonly hash: string;
  readonly name: string;
  readonly role: string;
  /** JSON: a list of patterns. */
  readonly models: string;
  readonly calls_per_second: number | null;
  readonly rows_per_second: number | null;
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly revoked_by: string | null;
  /** The last day on which it was used, such as `2026-11-28`. */
  readonly used_on: string | null;
}
