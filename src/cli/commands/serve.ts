import { type Command, InvalidArgumentError } from 'commander';
import { createService } from '../../modes/service/service.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly port: number;
  readonly host: string;
}

const portOf = (text: string): number => {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 (any free one) to 65535.');
};

const serve = async (
  refs: readonly string[],
  { port, host }: Options,
  { app, terminal, signal }: Cli,
): Promise<void> => {
  const service = await createService({ refs, source: await app() });
  const url = await service.listen({ host, port });
  for (const { name, version, digest } of service.plane.models.list()) {
    terminal.out(
      `${terminal.style('bold', `${name}@${version}`)}  ${digest.slice(0, 19)}  POST ${url}/predict/${name}`,
    );
  }
  terminal.out(`ready on ${terminal.style('cyan', url)}; Ctrl-C stops it`);
  await new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', resolve, { once: true });
  });
  terminal.err('stopping; what is in flight is finished first');
  await service.close();
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<ref...>', 'models: name@version, name@environment, a folder or a package file')
    .option('--port <port>', 'where to listen; 0 takes any free port', portOf, portOf(cli.env.PORT ?? '8080'))
    .option('--host <address>', 'which address to listen on; 0.0.0.0 for all of them', '127.0.0.1')
    .action((refs: readonly string[], options: Options) => serve(refs, options, cli));
  examples(
    command,
    ['millrace serve ride-duration@production', 'what the environment points at'],
    ['millrace serve ./models/ride --port 0', 'a folder, on any free port'],
  );
};
