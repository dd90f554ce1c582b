/** `POST /control/…`: what people do at a terminal that has the registry's database, for those who have a key. */
import { fail } from '../../../core/errors.ts';
import type { Acts, AskedAct } from '../acts.ts';
import type { Limits } from '../limits.ts';
import { readSmallJson } from '../reading/small-json.ts';
import { bodyOf } from './call.ts';
import type { Guard } from './guard.ts';
import { anything, posts, refused } from './operation.ts';
import { type RestRequest, type Route, told } from './route.ts';

const askedIn = (request: RestRequest, { depth }: Limits): AskedAct => {
  const asked = readSmallJson(bodyOf(request), depth);
  if (typeof asked === 'object' && asked !== null && !Array.isArray(asked)) return asked as AskedAct;
  throw fail('BAD_REQUEST', 'The body must be a JSON object.', { expected: 'an object' });
};

/** Nobody does any of it without a key: where callers need none, there are none of these. */
export const actRoutes = (acts: Acts, { limits, guard }: { readonly limits: Limits; readonly guard: Guard }) =>
  Object.entries(acts).map(
    ([name, act]): Route => ({
      method: 'POST',
      path: `/control/${name}`,
      operation: posts('control', `Do what \`millrace ${name.replace('/', ' ')}\` does`, anything, refused),
      ...guard({ what: name, changes: true }),
      async answer(request) {
        const { pass } = request;
        if (pass === undefined) throw fail('UNAUTHENTICATED', 'Nobody does this without a key.');
        return told(await act(askedIn(request, limits), pass));
      },
    }),
  );
