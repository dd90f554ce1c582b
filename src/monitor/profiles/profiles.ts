/** The port of this folder: what deployments were asked and have answered, counted by the minute, and later by the hour and the day. */
import type { Profile } from '../profile/profile.ts';
import type { Traffic } from '../profile/traffic.ts';
import type { Served } from '../records/served.ts';

/** How much one package answered in a span of time. */
export interface SpanVolume extends Served {
  /** When the span began: ISO 8601, UTC. */
  readonly at: string;
  readonly rows: number;
  /** Those of them that were refused. */
  readonly refused: number;
}

/** The same with what happened beside the values of rows. */
export interface SpanTraffic extends SpanVolume {
  /** Undefined where nobody has looked. */
  readonly traffic?: Traffic | undefined;
}

/** What one package answered in a span of time. */
export interface SpanProfile extends SpanTraffic {
  readonly inputs: Profile;
  readonly outputs: Profile;
}

/** How long a span is. */
export type ProfileSpan = 'minute' | 'hour' | 'day';

/** In milliseconds. */
export const SPAN_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const satisfies Record<
  ProfileSpan,
  number
>;

export interface Profiles {
  /** Adds to what is known of minutes. @throws MillraceError STORE_FAILED */
  add(minutes: readonly SpanProfile[]): Promise<void>;
  /** All of a deployment since a time, each package's together, the one that answered last first. @throws MillraceError STORE_FAILED */
  of(deployment: string, since: Date): Promise<readonly SpanProfile[]>;
  /**
   * What a deployment has answered in each window that began at or after `since` and before `until`, each package and variant by itself,
   * in the order of time. Windows are `ms` long, from midnight in UTC; what is kept by longer spans only is left out.
   *
   * @throws MillraceError STORE_FAILED
   */
  windows(deployment: string, since: Date, until: Date, ms: number): Promise<readonly SpanProfile[]>;
  /** How much it was in each of these windows: profiles of wide rows are large, and are not read for it. @throws MillraceError STORE_FAILED */
  volumes(deployment: string, since: Date, until: Date, ms: number): Promise<readonly SpanVolume[]>;
  /**
   * What happened beside the values of rows since a time, as it is kept: by the minute, or by longer spans where it is older. In the order of
   * time. @throws MillraceError STORE_FAILED
   */
  traffic(deployment: string, since: Date): Promise<readonly (SpanTraffic & { readonly span: ProfileSpan })[]>;
  /** Makes hours of minutes that are old, days of hours, and removes what is too old; true when there is more to do. */
  age(now: Date): Promise<boolean>;
}
