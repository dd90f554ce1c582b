/** The model repository extension of the Open Inference Protocol: what there is, and taking it in and out of service. */
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
import { PROTOCOL } from './oip.ts';
import { anything, posts, refusedByProtocol } from './operation.ts';
import { type RestRequest, type Route, told } from './route.ts';

interface Controlled {
  readonly name: string;
  readonly version: string | undefined;
}

const optionsOf = (request: RestRequest, { depth }: Limits): Readonly<Record<string, unknown>> => {
  const bytes = bytesOf(request);
  const isEmpty = utf8Text(bytes)?.trim() === '';
  const options = isEmpty ? {} : readSmallJson({ bytes, charset: undefined }, depth);
  if (typeof options === 'object' && options !== null) return options as Record<string, unknown>;
  throw fail('BAD_REQUEST', 'The body must be a JSON object.', { expected: 'an object, or nothing' });
};

const controlled = (request: RestRequest, limits: Limits): Controlled => {
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

const posted = (summary: string) => posts(PROTOCOL, summary, anything, refusedByProtocol);

export const indexRoute = ({ models, limits }: Dataplane): Route => ({
  method: 'POST',
  path: '/v2/repository/index',
  operation: posted('The models there are, and their states'),
  answer: (request) => told(repositoryIndex(models, optionsOf(request, limits).ready === true, request.pass?.touches)),
});

export interface ControlRoutes {
  readonly limits: Limits;
  readonly control: ModelControl;
  readonly opened: Opened;
  readonly guard: Guard;
}

/** Told of where it is open. */
export const controlRoutes = ({ limits, control, opened, guard }: ControlRoutes): readonly Route[] => {
  const closed = isAnyOpen(opened) ? undefined : controlClosed;
  const controls = (what: 'load' | 'unload', summary: string, act: (asked: Controlled) => Promise<void>): Route => ({
    method: 'POST',
    path: `/v2/repository/models/{model}/${what}`,
    operation: closed === undefined ? posted(summary) : undefined,
    ...guard({ what, changes: true, untyped: true, closed }),
    async answer(request) {
      await act(controlled(request, limits));
      return told({});
    },
  });
  return [
    controls('load', 'Take a model into service', ({ name }) => control.load(name)),
    controls('unload', 'Take a model out of service', ({ name, version }) => control.unload(name, version)),
  ];
};
