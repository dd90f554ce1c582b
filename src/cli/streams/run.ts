import { untilThrough } from '../../modes/stream/through.ts';
import type { Cli } from '../command.ts';
import { runDeployments } from '../deployed.ts';
import { chosen } from './deployments.ts';
import { streamsAmong, streamWords } from './words.ts';

export interface StreamRunOptions {
  readonly metricsPort?: number;
  readonly untilEnd?: true;
}

/** `millrace stream run`: until Ctrl-C, or until all that is there has been predicted. */
export const run = async (
  given: readonly string[],
  { metricsPort, untilEnd }: StreamRunOptions,
  cli: Cli,
): Promise<void> => {
  const app = await cli.app();
  const names = chosen(app, given, 'stream');
  const words = streamWords(cli);
  await runDeployments(
    {
      words: { stream: words },
      start: ({ start }) => start(names),
      health: metricsPort === undefined ? undefined : { host: '0.0.0.0', port: metricsPort },
      until: untilEnd && (async ({ running }) => untilThrough(await app.broker(), streamsAmong(running), cli.signal)),
    },
    cli,
  );
  if (untilEnd && words.tally.dead > 0) cli.exit(1);
};
