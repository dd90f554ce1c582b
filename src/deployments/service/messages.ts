/** What the processes of one service tell each other: the one that was started, and the members that answer. */
import type { Problem } from '../../core/errors.ts';
import type { Serving } from '../../modes/service/models.ts';
import type { ServeOptions } from './options.ts';
import type { ServiceDoor, Told } from './places.ts';

/** Taking a model in or out of service. */
export type Control = { readonly load: string } | { readonly unload: string; readonly version: string | undefined };

/** What concerns all members. */
export type Matter = 'metrics' | Control;

export interface Start {
  readonly cwd: string;
  readonly file: string | undefined;
  readonly servings: readonly Serving[];
  readonly options: ServeOptions;
  /** What was taken out of service since the first members have started. */
  readonly controls: readonly Control[];
}

export type ToMember =
  | { readonly start: Start }
  /** Not ready from now on, though all is answered as before. */
  | { readonly unready: true }
  /** No more connections will come: finish, and end. */
  | { readonly stop: true }
  /** Comes with the connection itself. */
  | { readonly connection: ServiceDoor }
  /** One member's part of a matter. */
  | { readonly part: number; readonly matter: Matter }
  /** What came of a matter that this member has raised. */
  | { readonly raised: number; readonly text: string }
  | { readonly raised: number; readonly problem: Problem };

export type MemberPart = Extract<FromMember, { part: unknown }>;

export type FromMember =
  | { readonly ready: readonly Told[] }
  | { readonly failed: Problem }
  /** A matter for all of them: somebody has asked this member. */
  | { readonly raise: number; readonly matter: Matter }
  | { readonly part: number; readonly metrics: readonly object[] }
  | { readonly part: number; readonly done: true }
  | { readonly part: number; readonly problem: Problem };
