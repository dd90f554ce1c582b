/** What a service allows. Nothing in it is without a bound; each bound has a refusal and a metric. */
export interface Limits {
  /** Bytes of a request's body (413). */
  readonly bodyBytes: number;
  /** Bytes of all bodies together that are being read, or whose large requests are being answered (503). */
  readonly bodiesBytes: number;
  /** Bytes of a request's headers (431). */
  readonly headerBytes: number;
  /** How deep JSON may be nested (400). */
  readonly depth: number;
  /** Milliseconds that reading a large body may take, in a thread (413). */
  readonly readMs: number;
  /** Rows a request (413). */
  readonly rows: number;
  /** Rows and bytes that one run of a model may have; longer requests are run in pieces. */
  readonly batchRows: number;
  readonly batchBytes: number;
  /** Requests, rows and bytes that may wait for one model (429). */
  readonly queueRequests: number;
  readonly queueRows: number;
  readonly queueBytes: number;
  /**
   * Milliseconds that a request may expect to wait for its run, going by how fast rows were answered of late; where the
   * usual request takes long, as long as `queueRuns` of them (429).
   */
  readonly queueMs: number;
  readonly queueRuns: number;
  /** Milliseconds until an answer when the caller does not say (504). */
  readonly timeoutMs: number;
  /** Milliseconds in which a request must have arrived whole (408). */
  readonly arrivalMs: number;
  /** Connections that a door has at a time, and of them those of one address; more are closed as they come. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Milliseconds for which somebody may listen for better predictions, and between two signs of life to them. */
  readonly listenMs: number;
  readonly heartbeatMs: number;
}

export const defaultLimits: Limits = Object.freeze({
  bodyBytes: 16 * 2 ** 20,
  bodiesBytes: 256 * 2 ** 20,
  headerBytes: 16 * 2 ** 10,
  depth: 32,
  readMs: 10_000,
  rows: 100_000,
  batchRows: 512,
  batchBytes: 4 * 2 ** 20,
  queueRequests: 1024,
  queueRows: 200_000,
  queueBytes: 64 * 2 ** 20,
  queueMs: 150,
  queueRuns: 16,
  timeoutMs: 60_000,
  arrivalMs: 30_000,
  connections: 10_000,
  connectionsPerAddress: 5_000,
  listenMs: 300_000,
  heartbeatMs: 15_000,
});
