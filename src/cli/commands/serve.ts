import type { Command } from 'commander';
import type { Deployments } from '../../deployments/deployments.ts';
import { type Cli, examples } from '../command.ts';
import { runDeployments } from '../deployed.ts';
import { advised, defineOptions, readServeWords, type ServeWords } from '../serve/options.ts';
import { serveWords } from '../serve/words.ts';
import { usage } from '../usage.ts';

/** What was named, else all of the project's service deployments. */
const startNamed = async ({ start, serve }: Deployments, refs: readonly string[], cli: Cli): Promise<void> => {
  if (refs.length > 0) return serve(refs);
  const names = (await cli.app()).project.namesIn('service');
  if (names.length > 0) return start(names);
  throw usage('There is nothing to serve.', 'a model, or a deployment with mode: service in millrace.yaml', 'neither');
};

export const define = (command: Command, cli: Cli): void => {
  command.argument('[ref...]', 'models: name@version, name@environment, a folder or a package file');
  defineOptions(command).action(async (refs: readonly string[], words: ServeWords) => {
    const service = readServeWords(words, cli.env);
    const start = (deployments: Deployments): Promise<void> => advised(startNamed(deployments, refs, cli));
    await runDeployments({ words: { service: serveWords(service, cli) }, start, service }, cli);
  });
  examples(
    command,
    ['millrace serve ride-duration@production', 'what the environment points at, also after it moves'],
    ['millrace serve ./models/ride --port 0', 'a folder, on any free port'],
    ['millrace serve ride-duration@production --workers 4', 'in four processes behind one port'],
    ['millrace serve ride-duration@production --record all', 'keep what was asked and answered, for millrace replay'],
    [
      'millrace serve ride-duration@production --publish ride.requested --better ride.predicted',
      'publish what was answered, and hear of better predictions',
    ],
    ['millrace serve ride-duration@production --admin-port 9090', 'metrics and health on a port of their own'],
    ['millrace serve', 'the service deployments of millrace.yaml'],
  );
};
