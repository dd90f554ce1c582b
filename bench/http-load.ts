/** A load generator over raw keep-alive sockets: it costs so little that the server is what is measured. */
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  /** Whole requests, headers and all; taken in turns. */
  readonly requests: readonly Buffer[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second over all connections, sent whether or not answers come; as fast as they come unless given. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly seconds: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Milliseconds of each answer with status 200, sorted; and of all others. */
  readonly latencies: Float64Array;
  readonly refusals: Float64Array;
  /** Connections that broke. */
  readonly broken: number;
  /** Requests that found no free connection at their time (only with `rate`). */
  readonly unsent: number;
}

export const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;

/** A POST with a body, as any client would send it. */
export const postRequest = (
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Buffer => {
  const bytes = Buffer.from(body);
  const fields = { 'content-type': 'application/json', ...headers, 'content-length': String(bytes.length) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}\r\n`), bytes]);
};

const headEnd = Buffer.from('\r\n\r\n');

/** One connection, one request at a time. */
class Connection {
  private readonly port: number;
  private readonly broke: (connection: Connection) => void;
  socket: Socket;
  busy = false;
  private began = 0;
  private rest: Buffer | undefined;
  private readonly done: (status: number, began: number) => void;

  constructor(
    port: number,
    done: (status: number, began: number, connection: Connection) => void,
    broke: (connection: Connection) => void,
  ) {
    this.done = (status, began) => done(status, began, this);
    this.port = port;
    this.broke = broke;
    this.socket = this.open();
  }

  /** A server may end a connection behind an answer; one that ends before it has broken. */
  private open(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (data) => this.read(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      const { busy } = this;
      this.busy = false;
      this.rest = undefined;
      if (busy) this.broke(this);
    });
    return socket;
  }

  send(request: Buffer, at: number): void {
    this.busy = true;
    this.began = at;
    if (!this.socket.writable) this.socket = this.open();
    this.socket.write(request);
  }

  private read(data: Buffer): void {
    const bytes = this.rest === undefined ? data : Buffer.concat([this.rest, data]);
    this.rest = bytes;
    const head = bytes.indexOf(headEnd);
    if (head < 0) return;
    const text = bytes.toString('latin1', 0, head);
    const at = text.indexOf('content-length: ');
    const length = at < 0 ? 0 : Number.parseInt(text.slice(at + 16), 10);
    if (bytes.length < head + 4 + length) return;
    this.rest = undefined;
    this.busy = false;
    this.done((bytes[9] - 48) * 100 + (bytes[10] - 48) * 10 + (bytes[11] - 48), this.began);
  }
}

export const load = async ({ port, requests, connections, seconds, rate }: LoadOptions): Promise<LoadResult> => {
  const statuses = new Map<number, number>();
  const good: number[] = [];
  const refused: number[] = [];
  let broken = 0;
  let unsent = 0;
  let next = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  const free: Connection[] = [];
  let live = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const request = (): Buffer => requests[next++ % requests.length];

  const done = (status: number, sent: number, connection: Connection): void => {
    const now = performance.now();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    (status === 200 ? good : refused).push(now - sent);
    live--;
    if (now >= until) {
      if (live === 0) finish();
    } else if (rate === undefined) {
      live++;
      connection.send(request(), now);
    } else free.push(connection);
  };
  const all = Array.from(
    { length: connections },
    () =>
      new Connection(port, done, (connection) => {
        broken++;
        live--;
        if (rate !== undefined) free.push(connection);
        if (live <= 0 && (rate === undefined || performance.now() >= until)) finish();
      }),
  );
  await Promise.all(all.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
  if (rate === undefined) {
    for (const connection of all) {
      live++;
      connection.send(request(), performance.now());
    }
  } else {
    free.push(...all);
    let sent = 0;
    const tick = (): void => {
      const now = performance.now();
      if (now >= until) {
        if (live === 0) finish();
        return;
      }
      const due = Math.floor(((now - began) / 1000) * rate);
      for (; sent < due; sent++) {
        const connection = free.pop();
        if (connection === undefined) unsent++;
        else {
          live++;
          connection.send(request(), now);
        }
      }
      setImmediate(tick);
    };
    tick();
  }
  const tooLong = setTimeout(finish, (seconds + 10) * 1000);
  await finished;
  clearTimeout(tooLong);
  const took = (performance.now() - began) / 1000;
  for (const { socket } of all) socket.destroy();
  return {
    seconds: took,
    statuses,
    latencies: Float64Array.from(good).sort(),
    refusals: Float64Array.from(refused).sort(),
    broken,
    unsent,
  };
};
