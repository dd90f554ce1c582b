/**
 * One address of the service, as all know it who need to: the framework that takes requests in, OpenAPI that describes them,
 * and tests that ask in memory. Requests and answers are plain data.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Pass } from '../../../access/pass.ts';
import type { Caller } from '../job.ts';
import type { Card } from '../model.ts';
import type { RequestSpan } from '../traces.ts';
import type { Operation } from './operation.ts';

/** A request. What a framework makes of one is this already: nothing is copied. */
export interface RestRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: IncomingHttpHeaders;
  /** The bytes of its body, decompressed, once they have been read. */
  readonly body?: unknown;
  readonly raw: { readonly socket: Caller & { readonly localAddress?: string | undefined } };
  /** Of a request that is traced. */
  readonly span: RequestSpan | undefined;
  /** Who asks; undefined where everybody may. */
  readonly pass?: Pass | undefined;
}

/** Writes an answer piece by piece, the last of them with `end`. */
export interface Pieces {
  write(text: string): void;
  end(text: string): void;
}

export interface RestAnswer {
  /** 200 unless given. */
  readonly status?: number;
  /** JSON in UTF-8 unless `content-type` says otherwise. */
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body: string | Buffer;
}
/** A refusal that says more than what is wrong. */
export interface RestRefusal {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly error: unknown;
}
/** An answer that goes on. What `begin` returns is called once its caller has gone. */
export interface LongAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** @throws what keeps it from beginning, before the first piece */
  begin(to: Pieces): () => void;
}

/** Most answers are but a text: it is JSON, and all that there is to say. */
export type Answering = string | Buffer | RestAnswer | RestRefusal;

interface Address {
  /** As OpenAPI writes it: `/v2/models/{model}`. */
  readonly path: string;
  /** Refuses a request before its body is read. @throws why */
  readonly check?: ((request: RestRequest) => void) | undefined;
  /** What its use is called in the log, where each use is logged. */
  readonly audited?: string | undefined;
  /** Undefined for one that is not told of. */
  readonly operation?: Operation | undefined;
  /** In the place of one operation, where there is one for each model, by their paths. */
  readonly operations?: ((models: readonly Card[]) => Readonly<Record<string, Operation>>) | undefined;
}
export interface ShortRoute extends Address {
  readonly method: 'GET' | 'POST';
  /** @throws what it is answered with instead */
  answer(request: RestRequest): Answering | Promise<Answering>;
}
export interface LongRoute extends Address {
  readonly method: 'GET';
  /** @throws what it is answered with instead */
  answerLong(request: RestRequest): Promise<LongAnswer>;
}
export type Route = ShortRoute | LongRoute;

/** JSON has no charset parameter (RFC 8259, 11), yet readers of old look for one. */
export const TEXT_JSON = 'application/json; charset=utf-8';

/** A value as the answer. */
export const told = (value: unknown, status = 200): RestAnswer => ({ status, body: JSON.stringify(value) });
