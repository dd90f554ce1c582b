/** What a service says of itself: its models, its doors, and what is open to whom. */
import type { Deployed } from '../../deployments/at-work.ts';
import { type Exposure, exposuresOf } from '../../deployments/service/exposure.ts';
import type { ServeOptions } from '../../deployments/service/options.ts';
import type { Listening } from '../../deployments/service/places.ts';
import { shortDigest } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import type { ModeWords } from '../deployed.ts';

const MEBI = 2 ** 20;

/** Which of several answers, for the bare name and for one version: nobody is to be surprised by it. */
const tellFirsts = (models: Listening['models'], { terminal }: Cli): void => {
  for (const [name, [first, ...others]] of Map.groupBy(models, (model) => model.name)) {
    if (first === undefined || others.every(({ version }) => version === first.version)) continue;
    terminal.out(`/predict/${name} is answered by ${first.version}, the first that was named`);
  }
  for (const [model, [first, ...others]] of Map.groupBy(models, ({ name, version }) => `${name}@${version}`)) {
    for (const other of others) {
      const warning = terminal.style('yellow', 'warning:', 'err');
      const [last, before] = [other, first].map((one) => one?.deployment ?? one?.ref);
      terminal.err(`${warning} ${last} answers nothing while ${before} has ${model} too, and comes first`);
    }
  }
};

const tell = (
  { url, grpc, admin, models }: Listening,
  exposures: readonly Exposure[],
  workers: number,
  cli: Cli,
): void => {
  const { terminal } = cli;
  for (const { name, version, digest, loadMs, memoryBytes, isolation } of models) {
    const model = terminal.style('bold', `${name}@${version}`);
    const where = isolation === 'workers' ? ', in processes of its own' : '';
    const cost = `${loadMs.toFixed(0)} ms, ${(memoryBytes / MEBI).toFixed(0)} MiB${where}`;
    const several = models.some((other) => other.name === name && other.version !== version);
    const path = several ? `/predict/${name}/versions/${version}` : `/predict/${name}`;
    terminal.out(`${model}  ${shortDigest(digest)}  ${cost}  POST ${url}${path}`);
  }
  tellFirsts(models, cli);
  if (grpc !== undefined) terminal.out(`gRPC on ${grpc}`);
  if (admin !== undefined) terminal.out(`admin on ${admin}`);
  for (const { address, what } of exposures) {
    terminal.out(`open to whoever reaches ${address}, without a key: ${what.join(', ')}`);
  }
  const processes = workers > 1 ? `; ${workers} processes` : '';
  terminal.out(`ready on ${terminal.style('cyan', url)}${processes}; try ${url}/docs; Ctrl-C stops it`);
};

const listeningIn = (running: readonly Deployed[]): readonly Listening[] =>
  running.flatMap((one) => (one.mode === 'service' ? [one.work] : []));

export const serveWords = (options: ServeOptions, cli: Cli): ModeWords => ({
  started: async (running) => {
    const app = await cli.app();
    for (const listening of listeningIn(running)) {
      tell(listening, exposuresOf(app, listening.models, options), options.workers ?? 1, cli);
    }
  },
  stopping: () => cli.terminal.err('stopping: not ready from now on; what is in flight is finished'),
});
