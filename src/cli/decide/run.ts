import type { Cli } from '../command.ts';
import { runDeployments } from '../deployed.ts';
import { chosen } from '../streams/deployments.ts';
import { decideWords } from './words.ts';

export interface DecideRunOptions {
  readonly metricsPort?: number;
}

/** `millrace decide run`: until Ctrl-C. */
export const run = async (given: readonly string[], { metricsPort }: DecideRunOptions, cli: Cli): Promise<void> => {
  const names = chosen(await cli.app(), given, 'decide');
  await runDeployments(
    {
      words: { decide: decideWords(cli) },
      start: ({ start }) => start(names),
      health: metricsPort === undefined ? undefined : { host: '0.0.0.0', port: metricsPort },
    },
    cli,
  );
};
