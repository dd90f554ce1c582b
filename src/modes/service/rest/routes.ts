/** All addresses of the service, in the order in which OpenAPI lists them. */

import type { Recorder } from '../../../monitor/recorder.ts';
import type { Standing } from '../../../monitor/watch/standing.ts';
import { toldJson } from '../../../text/exact-json.ts';
import type { Opened } from '../access.ts';
import type { Acts } from '../acts.ts';
import type { Dataplane } from '../dataplane.ts';
import { contentSecurityPolicy, docsPage } from '../docs/page.ts';
import type { Health } from '../health.ts';
import type { Card } from '../model.ts';
import type { ModelControl, Peers } from '../peers.ts';
import type { Publishing } from '../publish/publishing.ts';
import { actRoutes } from './acts.ts';
import { createGuard, type GuardOptions } from './guard.ts';
import { invocationRoutes } from './invocations.ts';
import { monitoringRoutes } from './monitoring.ts';
import { oipRoutes } from './oip.ts';
import { openapi } from './openapi.ts';
import { notReady, reads } from './operation.ts';
import { predictRoutes } from './predict.ts';
import { betterRoute, recordRoutes } from './records.ts';
import { controlRoutes, indexRoute } from './repository.ts';
import { type RestRequest, type Route, TEXT_JSON, told } from './route.ts';

/** All there is; or what callers need, and what those need who run the service, each behind a door of its own. */
export type Behind = 'all' | 'callers' | 'operators';

export interface RoutesOptions extends GuardOptions {
  readonly plane: Dataplane;
  readonly health: Health;
  /** What is behind this door. */
  readonly behind: Behind;
  /** What callers load and unload models with, as far as they may. */
  readonly control: ModelControl;
  readonly opened: { readonly records: Opened; readonly control: Opened };
  readonly peers?: Pick<Peers, 'metrics'> | undefined;
  readonly recorder?: Recorder | undefined;
  readonly publishing?: Publishing | undefined;
  /** What may be done to the registry by those who have a key; nothing unless given. */
  readonly acts?: Acts | undefined;
  /** How watched deployments stand; undefined where nothing is watched. */
  readonly standing?: (() => Promise<Standing>) | undefined;
}

/** Milliseconds until what another process of the service has answered is known here. */
const PEERS_MS = 1000;

/** The models that who asks may touch. */
type CardsFor = (request: RestRequest) => readonly Card[];

const docsRoute = (cards: CardsFor, hasMetrics: boolean): Route => ({
  method: 'GET',
  path: '/docs',
  operation: reads('documentation', 'A page with a form for each model'),
  answer: (request) => ({
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
    },
    body: docsPage(cards(request), { hasMetrics }),
  }),
});

const metricsRoute = ({ plane: { metrics }, peers }: RoutesOptions): Route => ({
  method: 'GET',
  path: '/metrics',
  operation: reads('health', 'Figures for Prometheus'),
  async answer() {
    const body = await (peers ?? metrics.registry).metrics();
    return { headers: { 'content-type': metrics.registry.contentType }, body };
  },
});

const healthRoutes = (health: Health): readonly Route[] => [
  {
    method: 'GET',
    path: '/livez',
    operation: reads('health', 'Is the process alive?'),
    answer: () => told({ live: true }),
  },
  {
    method: 'GET',
    path: '/readyz',
    operation: reads('health', 'May requests be sent?', notReady),
    answer: () => (health.ready ? told({ ready: true }) : told({ ready: false, reason: health.reason }, 503)),
  },
];

export const routesOf = (options: RoutesOptions): readonly Route[] => {
  const { plane, health, behind, control, opened, peers, recorder, publishing, standing, acts } = options;
  const { limits, models } = plane;
  const [isForCallers, isForOperators] = [behind !== 'operators', behind !== 'callers'];
  const guard = createGuard(options);
  const cards: CardsFor = ({ pass }) =>
    models.slots.flatMap(({ card, state }) =>
      card !== undefined && state !== 'unloaded' && (pass?.touches(card.name) ?? true) ? card : [],
    );
  const kept = { recorder, publishing, limits, patienceMs: peers ? PEERS_MS : 0 };
  const openapiRoute: Route = {
    method: 'GET',
    path: '/openapi.json',
    operation: reads('documentation', 'This document'),
    answer: (request) => ({
      headers: { 'content-type': TEXT_JSON },
      body: toldJson(openapi(all, cards(request), limits)),
    }),
  };
  const all: readonly Route[] = [
    ...(isForCallers ? predictRoutes(plane) : []),
    ...(isForOperators ? recordRoutes({ ...kept, opened: opened.records, guard }) : []),
    ...(isForOperators ? monitoringRoutes({ standing, limits, opened: opened.records, guard }) : []),
    ...(isForCallers ? [betterRoute(kept), ...invocationRoutes(plane, health), docsRoute(cards, isForOperators)] : []),
    ...healthRoutes(health),
    openapiRoute,
    ...(isForOperators ? [metricsRoute(options)] : []),
    ...(isForCallers ? [...oipRoutes(plane, health), indexRoute(plane)] : []),
    ...(isForOperators && acts ? actRoutes(acts, { limits, guard }) : []),
    ...(isForOperators ? controlRoutes({ limits, control, opened: opened.control, guard }) : []),
  ];
  return all;
};
