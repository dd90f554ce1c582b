import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { cannotListen } from '../modes/service/listen.ts';

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Answers `/metrics` for Prometheus, `/live` and `/ready` (and `/livez` and `/readyz`, as a service does) for whoever
 * supervises the process: 200 when there are no
 * obstacles, else 503 with what they are.
 *
 * @throws CANNOT_LISTEN
 */
export const serveHealth = async (
  port: number,
  { registry, obstacles }: { readonly registry: Registry; readonly obstacles: () => readonly string[] },
  host: string,
): Promise<HealthServer> => {
  const server = createServer(async (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/metrics') answer(200, registry.contentType, await registry.metrics());
    else if (pathname === '/live' || pathname === '/livez') answer(200, 'application/json', '{"live":true}');
    else if (pathname === '/ready' || pathname === '/readyz') {
      const found = obstacles();
      answer(
        found.length === 0 ? 200 : 503,
        'application/json',
        JSON.stringify({ ready: found.length === 0, obstacles: found }),
      );
    } else
      answer(404, 'application/json', JSON.stringify({ code: 'NOT_FOUND', message: 'Try /metrics, /ready or /live' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(host, port, cause)));
    server.listen(port, host, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
