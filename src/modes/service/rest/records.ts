/** What was predicted, read again by its id, and the truth told of it later. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '../../../core/errors.ts';
import type { Limits } from '../limits.ts';
import type { Kept, Recorder } from '../recorder.ts';
import { textOf } from './call.ts';
import { jsonType } from './errors.ts';
import { parseExactJson } from './json-body.ts';

/** Texts of a record that are JSON already go into the answer as they are, so that no digit changes. */
const keptAsJson = ({ id, at, deployment, model, version, digest, ms, input, output, error, label }: Kept): string => {
  const told = JSON.stringify({ id, at, deployment, model, version, digest, ms }).slice(0, -1);
  const answer = output === undefined ? `"error":${error}` : `"prediction":${output}`;
  const truth = label === undefined ? '' : `,"label":${label.truth},"labelled":"${label.at}"`;
  return `${told},"input":${input},${answer}${truth}}`;
};

interface IdPath {
  readonly id: string;
}

/** Without a recorder the addresses say so. */
export const recordRoutes = (app: FastifyInstance, recorder: Recorder | undefined, { depth }: Limits): void => {
  const records = (): Recorder => {
    if (recorder !== undefined) return recorder;
    throw fail('NOT_FOUND', 'This service keeps no records; start it with --record all or --record sample=0.1.', {
      expected: 'a service that keeps records',
    });
  };
  app.get('/predictions/:id', async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { id } = request.params as IdPath;
    const kept = await records().find(id);
    if (kept === undefined) {
      throw fail('NOT_FOUND', `There is no record of ${id}: it was not sampled, is not kept any more, or never was.`, {
        expected: 'the id of a recorded prediction',
        got: id.slice(0, 80),
      });
    }
    reply.header('content-type', jsonType);
    return keptAsJson(kept);
  });
  app.post('/predictions/:id/label', async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { id } = request.params as IdPath;
    const truth = parseExactJson(textOf(request), depth);
    reply.header('content-type', jsonType);
    return keptAsJson(await records().label(id, truth));
  });
};
