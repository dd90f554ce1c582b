/** How services answer, beside what millrace.yaml says of each: where, in how many processes, and within which limits. */
import type { Isolation } from '../../modes/service/isolation.ts';
import type { Limits } from '../../modes/service/limits.ts';
import type { Level } from '../../modes/service/log.ts';

export interface ServeOptions {
  /** Which address to listen on; 127.0.0.1 unless given. */
  readonly host?: string | undefined;
  /** 0 takes any free one; 8080 unless given. */
  readonly port?: number | undefined;
  /** The port of gRPC, or false for HTTP alone; the port after that of HTTP unless given. */
  readonly grpc?: number | false | undefined;
  /** Where health, metrics, model control and records are, if not where all else is; on 127.0.0.1 unless given. */
  readonly admin?: { readonly host?: string | undefined; readonly port: number } | undefined;
  /** Names under which model control and records may be used, beside loopback and the addresses above. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins whose pages may call, `*` for all; none unless given. */
  readonly origins?: readonly string[] | undefined;
  /** Processes that answer behind one port; 1 unless given. */
  readonly workers?: number | undefined;
  /** Milliseconds in which all is answered as before while readiness says no; 0 unless given. */
  readonly lameDuckMs?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Models kept loaded at a time; no limit unless given. */
  readonly maxModels?: number | undefined;
  /** Opened or closed for all that is served; deployments say it of themselves unless given. */
  readonly modelControl?: boolean | undefined;
  readonly recordsApi?: boolean | undefined;
  /** Where models run; `auto` unless given. */
  readonly isolation?: Isolation | undefined;
  /** Of a model that has its own; as many as processors unless given. */
  readonly modelWorkers?: number | undefined;
  /** Nothing is recorded unless given. */
  readonly record?: RecordOptions | undefined;
  /** Where answers are published, for all that is served; deployments say it of themselves unless given. */
  readonly publish?: PublishOptions | undefined;
  /** Callers need a key (docs/ACCESS.md), or none do: then it must be said where others than this machine may call. */
  readonly auth?: boolean | undefined;
  /** JSON lines on standard error; `info` unless given. */
  readonly logLevel?: Level | undefined;
}

export interface RecordOptions {
  /** Which part of all calls, from 0 to 1; all unless given. */
  readonly share?: number | undefined;
  /** Nobody has an answer before it is recorded; false unless given. */
  readonly wait?: boolean | undefined;
  /** Days that they are kept; 30 unless given. */
  readonly days?: number | undefined;
  /** How many are kept; ten million unless given. */
  readonly most?: number | undefined;
}

export interface PublishOptions {
  readonly topic: string;
  /** Nobody has an answer before it is acknowledged; false unless given. */
  readonly wait?: boolean | undefined;
  /** The topics that better predictions of the same rows come from. */
  readonly better?: readonly string[] | undefined;
}
