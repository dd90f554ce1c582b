import type { CommandModule } from './command.ts';

export interface CommandRow {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Reads the command's file; only the command that was called is read. */
  load(): Promise<CommandModule>;
}

/** Every command by name, in the order in which help lists them. */
export const commands: Readonly<Record<string, CommandRow>> = {
  init: { summary: 'write a first model.yaml for a trained model', load: () => import('./commands/init.ts') },
  pack: { summary: 'check a folder and pack it as a version', load: () => import('./commands/pack.ts') },
  inspect: { summary: 'show what a package is', load: () => import('./commands/inspect.ts') },
  export: {
    summary: 'write a package in C, or dashboards and alert rules',
    load: () => import('./commands/export.ts'),
  },
  predict: { summary: 'score a file or a row once', load: () => import('./commands/predict.ts') },
  evaluate: { summary: 'hold a version, or two, against what came true', load: () => import('./commands/evaluate.ts') },
  diff: { summary: 'show how two versions differ', load: () => import('./commands/diff.ts') },
  serve: { summary: 'answer predictions over HTTP and gRPC', load: () => import('./commands/serve.ts') },
  up: { summary: 'run all deployments of the project', load: () => import('./commands/up.ts') },
  batch: { summary: 'predict tables and files, window by window', load: () => import('./commands/batch.ts') },
  stream: {
    summary: 'predict events of topics as they come, and look into topics',
    load: () => import('./commands/stream.ts'),
  },
  decide: { summary: 'decide on what models predict, by rules', load: () => import('./commands/decide.ts') },
  replay: {
    summary: 'make a recorded prediction again, and compare it bit by bit',
    load: () => import('./commands/replay.ts'),
  },
  profile: { summary: 'show what a deployment was asked and answered', load: () => import('./commands/profile.ts') },
  monitor: {
    summary: 'say how deployments stand, and what is not as it should be',
    load: () => import('./commands/monitor.ts'),
  },
  labels: { summary: 'tell recorded predictions what came true', load: () => import('./commands/labels.ts') },
  models: { summary: 'list the models of the registry', load: () => import('./commands/models.ts') },
  promote: { summary: 'point an environment at a version', load: () => import('./commands/promote.ts') },
  approve: { summary: 'say that a version may come into an environment', load: () => import('./commands/approve.ts') },
  rollback: { summary: 'point an environment at the version before', load: () => import('./commands/rollback.ts') },
  rollout: {
    summary: 'let a candidate answer beside the stable version, step by step',
    load: () => import('./commands/rollout.ts'),
  },
  keys: { summary: 'make, list and revoke the keys of those who call', load: () => import('./commands/keys.ts') },
  history: { summary: 'show where environments pointed, when and why', load: () => import('./commands/history.ts') },
  completion: { summary: 'print the completion script of a shell', load: () => import('./commands/completion.ts') },
};
