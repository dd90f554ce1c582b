/** The model repository extension of the Open Inference Protocol: what there is, and taking it in and out of service. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail } from '../../../core/errors.ts';
import type { Dataplane } from '../dataplane.ts';
import { repositoryIndex } from '../oip/metadata.ts';
import type { ModelControl } from '../peers.ts';
import { bytesOf } from './call.ts';
import { parseExactJson } from './json-body.ts';

interface Controlled {
  readonly control: ModelControl;
  readonly name: string;
  readonly version: string | undefined;
}

/** `control` is what callers may load and unload models with; undefined when they may not. */
export const repositoryRoutes = (
  app: FastifyInstance,
  { models, limits }: Dataplane,
  control: ModelControl | undefined,
): void => {
  const optionsOf = (request: FastifyRequest): Readonly<Record<string, unknown>> => {
    const text = bytesOf(request).toString();
    const options = text.trim() === '' ? {} : parseExactJson(text, limits.depth);
    if (typeof options === 'object' && options !== null) return options as Record<string, unknown>;
    throw fail('BAD_REQUEST', 'The body must be a JSON object.', { expected: 'an object, or nothing' });
  };
  const controlled = (request: FastifyRequest): Controlled => {
    if (control === undefined) {
      throw fail('BAD_REQUEST', 'This service does not let callers load and unload models.', {
        expected: 'a service started without --no-model-control',
      });
    }
    const { parameters } = optionsOf(request) as { parameters?: Readonly<Record<string, unknown>> | null };
    const strange = Object.keys(parameters ?? {}).find((key) => key !== 'version' && key !== 'unload_dependents');
    if (strange !== undefined) {
      throw fail(
        'BAD_REQUEST',
        `The parameter ${strange.slice(0, 80)} is not supported here; packages are immutable.`,
        {
          expected: 'version, or nothing',
        },
      );
    }
    const version = parameters?.version;
    const { model } = request.params as { readonly model: string };
    return { control, name: model, version: typeof version === 'string' ? version : undefined };
  };

  app.post('/v2/repository/index', (request) => {
    const { ready } = optionsOf(request);
    return repositoryIndex(models, ready === true);
  });
  app.post('/v2/repository/models/:model/load', async (request) => {
    const { name, control } = controlled(request);
    await control.load(name);
    return {};
  });
  app.post('/v2/repository/models/:model/unload', async (request) => {
    const { name, version, control } = controlled(request);
    await control.unload(name, version);
    return {};
  });
};
