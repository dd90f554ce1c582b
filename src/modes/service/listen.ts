/** Why a service could not begin to listen, in words. */
import { fail, type MillraceError, messageOf } from '../../core/errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has that port',
  EACCES: 'this user may not listen on that port',
  EADDRNOTAVAIL: 'that address is not of this machine',
  ENOTFOUND: 'there is no such host',
};

export const cannotListen = (host: string, port: number, cause: unknown): MillraceError => {
  // gRPC keeps the code of the system in its text only.
  const known = Object.keys(reasons).find((code) => messageOf(cause).includes(code));
  const reason =
    reasons[String((cause as NodeJS.ErrnoException).code)] ?? (known && reasons[known]) ?? messageOf(cause);
  return fail('CANNOT_LISTEN', `Cannot listen on ${host}:${port}: ${reason}.`, {
    expected: 'a free port of this machine',
    got: `${host}:${port}`,
    cause,
  });
};
