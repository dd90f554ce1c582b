/** How watched deployments stand, for pages and programs: `/monitor`. Open where records are, and for the same deployments. */
import type { Pass } from '../../../access/pass.ts';
import { fail, type MillraceError, show } from '../../../core/errors.ts';
import type { Standing, WatchedDeployment } from '../../../monitor/watch/standing.ts';
import { sentenceOn, stateOf } from '../../../monitor/watch/standing-words.ts';
import { isAnyOpen, isOpen, type Opened, recordsClosed } from '../access.ts';
import type { Limits } from '../limits.ts';
import { readSmallJson } from '../reading/small-json.ts';
import { bodyOf } from './call.ts';
import type { Guard } from './guard.ts';
import { acceptOperation, acknowledgeOperation, deploymentOperation, listOperation } from './monitoring-operations.ts';
import { type RestAnswer, type RestRequest, type Route, told } from './route.ts';

export interface MonitoringRoutes {
  /** Undefined where nothing is watched. */
  readonly standing: (() => Promise<Standing>) | undefined;
  readonly limits: Limits;
  readonly opened: Opened;
  readonly guard: Guard;
}

const DAY_MS = 86_400_000;
/** Windows of so many days unless a call says since when. */
const DAYS = 14;
/** Of who says it, and of why, in characters. */
const MOST_TEXT = 1000;
const MOST_WINDOWS = 366;

const badRequest = (message: string, expected: string, got: unknown): MillraceError =>
  fail('BAD_REQUEST', message, { expected, got: show(got) });

const unknown = (deployment: string): MillraceError =>
  fail('NOT_FOUND', 'No deployment of this name is watched, or it is not open.', {
    expected: 'a deployment that GET /monitor lists',
    got: deployment.slice(0, 80),
  });

const standingOf = (state: WatchedDeployment) => {
  const { deployment, last, firing, lastAlarmAt, performance, slo } = state;
  return {
    deployment,
    state: stateOf(state),
    sentence: sentenceOn(state, new Date()),
    model: last?.model ?? null,
    version: last?.version ?? null,
    window: last?.window ?? null,
    rows: last?.seen.rows ?? null,
    coverage: performance?.coverage ?? null,
    last_alarm: lastAlarmAt ?? null,
    firing,
    slo,
  };
};

/** A time of the query. @throws BAD_REQUEST */
const sinceIn = ({ query }: RestRequest): Date => {
  const { since } = query as { readonly since?: unknown };
  if (since === undefined) return new Date(Date.now() - DAYS * DAY_MS);
  const time = new Date(String(since));
  if (typeof since === 'string' && !Number.isNaN(time.getTime())) return time;
  throw badRequest('since is not a time.', 'such as 2026-11-01T00:00:00Z', since);
};

type Said = Readonly<Record<string, unknown>>;

const saidIn = (request: RestRequest, { depth }: Limits): Said => {
  const said = readSmallJson(bodyOf(request), depth);
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) return said as Said;
  throw badRequest('The body must be a JSON object.', 'an object', said);
};

const textIn = (said: Said, name: string): string | undefined => {
  const text = said[name];
  if (text === undefined) return undefined;
  if (typeof text === 'string' && text.trim() !== '' && text.length <= MOST_TEXT) return text;
  throw badRequest(`${name} is not a text.`, `a text of 1 to ${MOST_TEXT} characters`, text);
};

const needed = (said: Said, name: string): string => {
  const text = textIn(said, name);
  if (text !== undefined) return text;
  throw badRequest(`${name} is missing.`, `${name}, a text of 1 to ${MOST_TEXT} characters`, undefined);
};

const windowsIn = ({ windows = 1 }: Said): number => {
  if (typeof windows === 'number' && Number.isInteger(windows) && windows >= 1 && windows <= MOST_WINDOWS)
    return windows;
  throw badRequest('windows is not a number of windows.', `a whole number from 1 to ${MOST_WINDOWS}`, windows);
};

/** A deployment of which nothing is known yet is for those alone who may touch all models. */
const isTheirs = ({ last }: Pick<WatchedDeployment, 'last'>, pass: Pass | undefined): boolean =>
  pass?.touches(last?.model ?? '') ?? true;

const createAnswers = (open: () => Promise<Standing>, { opened, limits }: MonitoringRoutes) => {
  const standingWith = async (deployment: string, { pass }: RestRequest): Promise<Standing> => {
    const standing = await open();
    const isMeant = standing.names.includes(deployment) && isOpen(opened, deployment);
    if (isMeant && (pass === undefined || isTheirs(await standing.show(deployment, new Date()), pass))) return standing;
    throw unknown(deployment);
  };
  const nameOf = ({ params }: RestRequest): string => (params as { readonly deployment: string }).deployment;
  return {
    async list({ pass }: RestRequest): Promise<RestAnswer> {
      const states = await (await open()).list();
      const shown = states.filter((state) => isOpen(opened, state.deployment) && isTheirs(state, pass));
      return told({ deployments: shown.map(standingOf) });
    },
    async one(request: RestRequest): Promise<RestAnswer> {
      const name = nameOf(request);
      const { window } = request.query as { readonly window?: unknown };
      const standing = await standingWith(name, request);
      const shown = await standing.show(name, sinceIn(request));
      const judged = window === undefined ? shown.last : shown.windows.findLast((one) => one.window.from === window);
      if (judged === undefined && window !== undefined) {
        throw badRequest('No such window was judged.', 'when one of `windows` began', window);
      }
      const { windows, performances, alerts, reactions } = shown;
      const distributions = judged === undefined ? [] : await standing.distributions(judged);
      const accepted = shown.accepted.map(({ profile: _, ...rest }) => rest);
      return told({
        ...standingOf(shown),
        judged: judged ?? null,
        distributions,
        windows,
        performances: performances.map(({ mark: _, ...rest }) => rest),
        alerts,
        accepted,
        reactions,
      });
    },
    async accept(request: RestRequest): Promise<RestAnswer> {
      const name = nameOf(request);
      const said = saidIn(request, limits);
      const [by, why, windows] = [needed(said, 'by'), needed(said, 'why'), windowsIn(said)];
      const { profile: _, ...accepted } = await (await standingWith(name, request)).accept(name, windows, { by, why });
      return told(accepted);
    },
    async acknowledge(request: RestRequest): Promise<RestAnswer> {
      const { alert: id } = request.params as { readonly alert: string };
      const said = saidIn(request, limits);
      const [by, why] = [needed(said, 'by'), textIn(said, 'why')];
      const standing = await open();
      const isMeant = (one: { readonly id: string; readonly fingerprint: string }) =>
        one.id === id || one.fingerprint === id;
      const theirs = (await standing.list()).filter((state) => isTheirs(state, request.pass));
      const found = theirs.flatMap(({ firing }) => firing).find(isMeant);
      if (found === undefined || !isOpen(opened, found.deployment)) {
        throw fail('NOT_FOUND', 'No such alert fires.', {
          expected: 'an alert that GET /monitor lists',
          got: id.slice(0, 80),
        });
      }
      return told(await standing.acknowledge(id, { by, why }));
    },
  };
};

export const monitoringRoutes = (options: MonitoringRoutes): readonly Route[] => {
  const { standing, opened, guard } = options;
  if (standing === undefined) return [];
  const closed = isAnyOpen(opened) ? undefined : recordsClosed;
  const answers = createAnswers(standing, options);
  const reading = guard({ what: 'monitor', changes: false, closed });
  const changing = (what: string) => guard({ what, changes: true, closed });
  const shown = <T>(operation: T): T | undefined => (closed === undefined ? operation : undefined);
  return [
    { method: 'GET', path: '/monitor', operation: shown(listOperation), ...reading, answer: answers.list },
    {
      method: 'GET',
      path: '/monitor/{deployment}',
      operation: shown(deploymentOperation),
      ...reading,
      answer: answers.one,
    },
    {
      method: 'POST',
      path: '/monitor/{deployment}/accept',
      operation: shown(acceptOperation),
      ...changing('accept'),
      answer: answers.accept,
    },
    {
      method: 'POST',
      path: '/monitor/alerts/{alert}/acknowledge',
      operation: shown(acknowledgeOperation),
      ...changing('acknowledge'),
      answer: answers.acknowledge,
    },
  ];
};
