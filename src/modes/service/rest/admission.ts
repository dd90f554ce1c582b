/** Who asks, found out before anything of a request is read: by the door's row in the table of doors. */
import type { FastifyRequest } from 'fastify';
import { checkModel, type Doorkeeper } from '../../../access/doorkeeper.ts';
import { neededAt } from '../../../access/doors.ts';
import type { Pass } from '../../../access/pass.ts';
import type { Route } from './route.ts';

type Next = (error?: Error) => void;
type Admission = (request: FastifyRequest, reply: unknown, next: Next) => void;

/** The scheme by which a browser asks its user for a key; programs know what to send. */
export const challengeFor = ({ headers: { accept = '' } }: FastifyRequest): string =>
  accept.includes('text/html')
    ? 'Basic realm="Millrace: any name, and a key as the password", charset="UTF-8"'
    : 'Bearer';

/** Lets requests to a route in; undefined where all may come. @throws INTERNAL for a route that has no row */
export const admissionTo = ({ method, path }: Route, doorkeeper: Doorkeeper | undefined): Admission | undefined => {
  const needed = neededAt(`${method} ${path}`);
  if (doorkeeper === undefined || needed === 'anyone') return undefined;
  const isOfModel = path.includes('{model}');
  const letIn = (request: FastifyRequest, pass: Pass | undefined): void => {
    if (isOfModel) checkModel(pass, (request.params as { readonly model: string }).model);
    request.pass = pass;
  };
  return (request, _reply, next) => {
    try {
      const pass = doorkeeper.admit(needed, request.headers, request.raw.socket.remoteAddress);
      if (!(pass instanceof Promise)) {
        letIn(request, pass);
        next();
        return;
      }
      pass.then((late) => letIn(request, late)).then(() => next(), next);
    } catch (error) {
      next(error as Error);
    }
  };
};
