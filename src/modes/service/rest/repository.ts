/** The model repository extension of the Open Inference Protocol: what there is, and taking it in and out of service. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail } from '../../../core/errors.ts';
import { utf8Text } from '../../../text/utf8.ts';
import { controlClosed, isAnyOpen, type Opened } from '../access.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Limits } from '../limits.ts';
import { repositoryIndex } from '../oip/metadata.ts';
import type { ModelControl } from '../peers.ts';
import { readSmallJson } from '../reading/small-json.ts';
import { bytesOf } from './call.ts';
import type { Guard } from './guard.ts';

interface Controlled {
  readonly name: string;
  readonly version: string | undefined;
}

const optionsOf = (request: FastifyRequest, { depth }: Limits): Readonly<Record<string, unknown>> => {
  const bytes = bytesOf(request);
  const isEmpty = utf8Text(bytes)?.trim() === '';
  const options = isEmpty ? {} : readSmallJson({ bytes, charset: undefined }, depth);
  if (typeof options === 'object' && options !== null) return options as Record<string, unknown>;
  throw fail('BAD_REQUEST', 'The body must be a JSON object.', { expected: 'an object, or nothing' });
};

const controlled = (request: FastifyRequest, limits: Limits): Controlled => {
  const { parameters } = optionsOf(request, limits) as { parameters?: Readonly<Record<string, unknown>> | null };
  const strange = Object.keys(parameters ?? {}).find((key) => key !== 'version' && key !== 'unload_dependents');
  if (strange !== undefined) {
    const message = `The parameter ${strange.slice(0, 80)} is not supported here; packages are immutable.`;
    throw fail('BAD_REQUEST', message, { expected: 'version, or nothing' });
  }
  const version = parameters?.version;
  const { model } = request.params as { readonly model: string };
  return { name: model, version: typeof version === 'string' ? version : undefined };
};

export const indexRoute = (app: FastifyInstance, { models, limits }: Dataplane): void => {
  app.post('/v2/repository/index', (request) => repositoryIndex(models, optionsOf(request, limits).ready === true));
};

export interface ControlRoutes {
  readonly limits: Limits;
  readonly control: ModelControl;
  readonly opened: Opened;
  readonly guard: Guard;
}

export const controlRoutes = (app: FastifyInstance, { limits, control, opened, guard }: ControlRoutes): void => {
  const hooks = (what: string) =>
    guard({ what, changes: true, untyped: true, closed: isAnyOpen(opened) ? undefined : controlClosed });
  app.post('/v2/repository/models/:model/load', hooks('load'), async (request) => {
    await control.load(controlled(request, limits).name);
    return {};
  });
  app.post('/v2/repository/models/:model/unload', hooks('unload'), async (request) => {
    const { name, version } = controlled(request, limits);
    await control.unload(name, version);
    return {};
  });
};
