/**
 * Every door of a service, and what it takes to come in: the one table by which calls are let in or refused. A route or a method that has
 * no row here is not served at all. docs/ACCESS.md shows the same table, and a test holds the two together.
 */
import { fail } from '../core/errors.ts';
import type { Role } from './principal.ts';

/** The least role, or nothing at all. */
export type Needed = Role | 'anyone';

const INFERENCE = 'inference.GRPCInferenceService';

export const doors: Readonly<Record<string, Needed>> = {
  'GET /livez': 'anyone',
  'GET /readyz': 'anyone',
  'GET /v2/health/live': 'anyone',
  'GET /v2/health/ready': 'anyone',
  'GET /ping': 'anyone',
  'GET /health': 'anyone',
  'GET /version': 'predict',
  'GET /docs': 'predict',
  'GET /openapi.json': 'predict',
  'POST /predict/{model}': 'predict',
  'POST /predict/{model}/versions/{version}': 'predict',
  'POST /invocations': 'predict',
  'GET /v2': 'predict',
  'GET /v2/models/{model}': 'predict',
  'GET /v2/models/{model}/ready': 'predict',
  'POST /v2/models/{model}/infer': 'predict',
  'GET /v2/models/{model}/versions/{version}': 'predict',
  'GET /v2/models/{model}/versions/{version}/ready': 'predict',
  'POST /v2/models/{model}/versions/{version}/infer': 'predict',
  'POST /v2/repository/index': 'predict',
  'GET /predictions/{id}/events': 'predict',
  'POST /predictions/{id}/label': 'predict',
  'GET /predictions/{id}': 'operate',
  'POST /v2/repository/models/{model}/load': 'operate',
  'POST /v2/repository/models/{model}/unload': 'operate',
  'GET /metrics': 'operate',
  'GET /monitor': 'operate',
  'GET /monitor/{deployment}': 'operate',
  'POST /monitor/{deployment}/accept': 'operate',
  'POST /monitor/alerts/{alert}/acknowledge': 'operate',
  'POST /control/keys/create': 'admin',
  'POST /control/keys/list': 'admin',
  'POST /control/keys/revoke': 'admin',
  'POST /control/promote': 'admin',
  'POST /control/gates': 'admin',
  'POST /control/rollback': 'admin',
  'POST /control/approve': 'admin',
  'POST /control/rollout/start': 'admin',
  'POST /control/rollout/pause': 'admin',
  'POST /control/rollout/resume': 'admin',
  'POST /control/rollout/abort': 'admin',
  'POST /control/rollout/finish': 'admin',
  'grpc.health.v1.Health/Check': 'anyone',
  'grpc.health.v1.Health/Watch': 'anyone',
  [`${INFERENCE}/ServerLive`]: 'anyone',
  [`${INFERENCE}/ServerReady`]: 'anyone',
  [`${INFERENCE}/ServerMetadata`]: 'predict',
  [`${INFERENCE}/ModelReady`]: 'predict',
  [`${INFERENCE}/ModelMetadata`]: 'predict',
  [`${INFERENCE}/ModelInfer`]: 'predict',
  [`${INFERENCE}/ModelStreamInfer`]: 'predict',
  [`${INFERENCE}/RepositoryIndex`]: 'predict',
  [`${INFERENCE}/RepositoryModelLoad`]: 'operate',
  [`${INFERENCE}/RepositoryModelUnload`]: 'operate',
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo': 'predict',
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': 'predict',
};

/** What a door takes, by its name: `GET /metrics`, `package.Service/Method`. @throws INTERNAL for one without a row */
export const neededAt = (door: string): Needed => {
  if (Object.hasOwn(doors, door)) return doors[door];
  throw fail('INTERNAL', `${door} has no row in the table of doors, so that it cannot be opened`);
};
