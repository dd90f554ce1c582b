/**
 * Opens connections that ask once and then say nothing, from several addresses: `node idle.ts <port> <count>`. Says `open` once all
 * have had an answer, and ends when all are closed.
 */
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
/** As many as a service is ready to accept at once. */
const AT_ONCE = 200;
/** One has not places enough. */
const ADDRESSES = 4;

let opened = 0;
let answered = 0;
const open = (): void => {
  const at = opened++;
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (at % ADDRESSES)}` });
  socket.on('error', ({ message }) => process.stderr.write(`connection ${at}: ${message}\n`));
  socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.once('data', () => {
    if (++answered === count) process.stdout.write('open\n');
    if (opened < count) open();
  });
};
for (let at = 0; at < AT_ONCE; at++) open();
