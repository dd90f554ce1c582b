/** What `pg` throws for what passes by itself, and for a full disk. */
import type { Failures } from '../failures.ts';

/** SQLSTATE: connection exceptions, server shutting down or starting, too many connections, deadlocks (PostgreSQL, appendix A). */
const transientStates = /^(?:08...|57P0[123]|53300|40001|40P01|55P03|25P0[34])$/;
const DISK_FULL = '53100';
/** What `pg` says, without a code, of a connection that has gone. */
const gone =
  /^(?:Connection terminated|Client has encountered a connection error|timeout (?:exceeded|expired)|Client was closed|Query read timeout|Connection ended)/;

export const postgresFailures: Failures = {
  passes: ({ code, message }) => (typeof code === 'string' && transientStates.test(code)) || gone.test(message),
  isFull: ({ code }) => code === DISK_FULL,
};
