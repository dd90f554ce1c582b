/** The yardstick: a bare Fastify route that parses a body, validates it with a JSON Schema, and sends it back. */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';

const names = Array.from({ length: 16 }, (_, index) => `f${index}`);
const app = Fastify();
app.post(
  '/echo',
  {
    schema: {
      body: {
        type: 'object',
        required: names,
        properties: Object.fromEntries(names.map((name) => [name, { type: 'number' }])),
      },
    },
  },
  async (request) => request.body,
);
await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`ready on http://127.0.0.1:${(app.server.address() as AddressInfo).port}\n`);
process.on('SIGTERM', () => process.exit(0));
