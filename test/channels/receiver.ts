import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A server on this machine that takes calls, or refuses them with what `status` says. */
export const receiveCalls = async (t: TestContext, status: (call: ReceivedCall) => number = () => 202) => {
  const calls: ReceivedCall[] = [];
  const server = createServer(async (request, response) => {
    const { url: path = '', headers } = request;
    const call = { path, headers, text: (await buffer(request)).toString() };
    calls.push(call);
    response.writeHead(status(call)).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
};
