/** The routes of a service without a socket and without its framework: a transport for tests. */
import { httpStatus } from '../../../src/modes/service/http-status.ts';
import { bodyFor, toldProblem } from '../../../src/modes/service/rest/errors.ts';
import { type RestRequest, type Route, TEXT_JSON } from '../../../src/modes/service/rest/route.ts';

export interface Asked {
  readonly method: 'GET' | 'POST';
  /** With its query, if it has one. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface Replied {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly text: string;
}

/** The parameters of a path that a route takes; undefined for one that it does not. */
const paramsOf = (route: Route, path: string): Readonly<Record<string, string>> | undefined => {
  const [pattern, given] = [route.path.split('/'), path.split('/')];
  if (pattern.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name !== undefined) params[name] = decodeURIComponent(given[at]);
    else if (part !== given[at]) return undefined;
  }
  return params;
};

const refusal = (error: unknown, path: string, headers: Replied['headers'] = {}): Replied => {
  const problem = toldProblem(error);
  return { status: httpStatus(problem.code), type: 'application/json', headers, text: bodyFor(path)(problem) };
};

/** Asks the route of that path. @throws Error where there is none */
export const inMemory =
  (routes: readonly Route[]) =>
  async ({ method, path: address, headers = {}, body }: Asked): Promise<Replied> => {
    const { pathname: path, searchParams } = new URL(address, 'http://in.memory');
    const route = routes.find((one) => one.method === method && paramsOf(one, path) !== undefined);
    if (route === undefined || 'answerLong' in route) throw new Error(`no route takes ${method} ${path}`);
    const request: RestRequest = {
      params: paramsOf(route, path),
      query: Object.fromEntries(searchParams),
      headers: { host: 'localhost', ...headers },
      body: body === undefined ? undefined : Buffer.from(body),
      raw: { socket: { destroyed: false } },
      span: undefined,
    };
    try {
      route.check?.(request);
      const answer = await route.answer(request);
      if (typeof answer === 'string' || Buffer.isBuffer(answer)) {
        return { status: 200, type: 'application/json', headers: {}, text: String(answer) };
      }
      if ('error' in answer) return refusal(answer.error, path, answer.headers);
      const { 'content-type': type = TEXT_JSON, ...rest } = answer.headers ?? {};
      return { status: answer.status ?? 200, type: String(type), headers: rest, text: String(answer.body) };
    } catch (error) {
      return refusal(error, path);
    }
  };
