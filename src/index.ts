/** What a program that uses Millrace as a library imports. */

export { type App, type AppOptions, createApp } from './app.ts';
export { type Code, codes, MillraceError, type Problem } from './core/errors.ts';
export type {
  Answer,
  ColumnAnswers,
  ColumnInput,
  ColumnOutput,
  Example,
  Manifest,
  Refused,
  Row,
  Scored,
  ScoreOptions,
  Scorer,
  Value,
} from './core/types.ts';
export type { Deployed } from './deployments/at-work.ts';
export type { Deployments } from './deployments/deployments.ts';
export type { ServeOptions } from './deployments/service/options.ts';
export type { DeploymentNews, DeployOptions } from './deployments/starters.ts';
export type { Package } from './package/layout.ts';
export type { Packed } from './package/pack.ts';
export type { Moved, Registry } from './registry/types.ts';
export type { Promotion } from './resources/promote.ts';
