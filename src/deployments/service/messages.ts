/** What the processes of one service ask each other: the one that was started, and the members that answer. */
import type { Socket } from 'node:net';
import type { Serving } from '../../modes/service/slot.ts';
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

export type MemberCalls = {
  /** Answers when it answers requests, with what it has loaded. */
  readonly start: (start: Start) => Promise<readonly Told[]>;
  /** Comes with the connection itself, unless the caller is gone by now. */
  readonly connection: (door: ServiceDoor, socket?: Socket) => void;
  /** Its own metrics, as prom-client gathers them. */
  readonly metrics: () => Promise<readonly object[]>;
  readonly apply: (control: Control) => Promise<void>;
  /** Not ready from now on, though all is answered as before. */
  readonly unready: () => void;
  /** No more connections will come: finish, and end. */
  readonly stop: () => void;
};

/** What a member asks the process that has started it. */
export type ServiceCalls = {
  /** A matter for all of them: somebody has asked this member. */
  readonly raise: (matter: Matter) => Promise<string>;
};
