import { type Command, Option } from 'commander';
import { type Cli, examples } from '../command.ts';
import { port, whole } from '../numbers.ts';
import type { DeadLetterOptions } from '../streams/dead-letters.ts';
import type { ProduceOptions } from '../streams/produce.ts';
import type { StreamRunOptions } from '../streams/run.ts';
import type { StatusOptions } from '../streams/status.ts';
import type { TailOptions } from '../streams/tail.ts';

const run = (stream: Command, cli: Cli): Command =>
  examples(
    stream
      .command('run')
      .summary('predict the events of deployments until Ctrl-C')
      .description('Predict the events of deployments with mode: stream until Ctrl-C; all of them unless named.')
      .argument('[deployments...]', 'their names in millrace.yaml')
      .option(
        '--until-end',
        'stop when all that is there now has been predicted; exit code 1 if some became dead letters',
      )
      .option('--metrics-port <port>', 'answer /metrics, /ready and /live there', port)
      .action(async (names: readonly string[], options: StreamRunOptions) =>
        (await import('../streams/run.ts')).run(names, options, cli),
      ),
    ['millrace stream run tips', 'one deployment; run it again elsewhere to share its partitions'],
    ['millrace stream run --metrics-port 9100', 'all of the project'],
    ['millrace stream run tips --until-end', 'catch up and stop'],
  );

const status = (stream: Command, cli: Cli): Command =>
  examples(
    stream
      .command('status')
      .summary('show how far deployments are')
      .description('Show how far deployments are in each partition, and how many dead letters they have.')
      .argument('[deployments...]', 'their names in millrace.yaml; all unless said')
      .option('--json', 'print JSON')
      .action(async (names: readonly string[], options: StatusOptions) =>
        (await import('../streams/status.ts')).status(names, options, cli),
      ),
    ['millrace stream status', 'all of the project'],
    ['millrace stream status tips --json', 'for programs'],
  );

const produce = (stream: Command, cli: Cli): Command =>
  examples(
    stream
      .command('produce')
      .summary('send lines to a topic, one event each')
      .description(
        'Send lines of a file or of standard input to a topic, one event each. A topic that is missing is made. A line goes as it is, whether or not it is JSON, but with --key: then the first line without a key ends the command, and those before it are sent.',
      )
      .argument('<topic>', 'where they go')
      .option('--in <file>', 'where they come from; standard input unless said')
      .option('--key <path>', 'where the key lies in each line, such as ride_id: events of one key keep their order')
      .option('--rate <events>', 'send at most so many a second', whole(1, 10_000_000))
      .option('--partitions <number>', 'of a topic that is made; 3 unless said', whole(1, 10_000))
      .action(async (topic: string, options: ProduceOptions) =>
        (await import('../streams/produce.ts')).produce(topic, options, cli),
      ),
    ['millrace stream produce ride.started --in rides.ndjson --key ride_id', 'a file'],
    [`echo '{"ride_id":"r1","distance":3.2}' | millrace stream produce ride.started --key ride_id`, 'one event'],
  );

const grow = (stream: Command, cli: Cli): Command =>
  examples(
    stream
      .command('grow')
      .summary('add partitions to a topic')
      .description(
        'Add partitions to a topic; whoever reads it reads them too. From then on a key may lie in another partition than before.',
      )
      .argument('<topic>', 'which')
      .requiredOption('--partitions <number>', 'how many there are to be', whole(1, 10_000))
      .action(async (topic: string, { partitions }: { readonly partitions: number }) =>
        (await import('../streams/grow.ts')).grow(topic, partitions, cli),
      ),
    ['millrace stream grow ride.started --partitions 12', 'when three are too few'],
  );

const tail = (stream: Command, cli: Cli): Command =>
  examples(
    stream
      .command('tail')
      .summary('print the events of a topic as they come')
      .description('Print the events of a topic as they come: to be read on a terminal, as lines of JSON in a pipe.')
      .argument('<topic>', 'which')
      .addOption(new Option('--from <place>', 'where to begin').choices(['earliest', 'latest']).default('latest'))
      .option('--until-end', 'print all that is there now and stop')
      .option('--json', 'lines of JSON on a terminal too')
      .action(async (topic: string, options: TailOptions) =>
        (await import('../streams/tail.ts')).tail(topic, options, cli),
      ),
    ['millrace stream tail ride.predicted', 'watch predictions come'],
    ['millrace stream tail ride.predicted --until-end | jq .value.data.prediction', 'all of them, for a program'],
  );

const deadLetters = (stream: Command, cli: Cli): Command =>
  examples(
    stream
      .command('dead-letters')
      .summary('show the events that could not be predicted, and try them again')
      .description(
        'Show the events that a deployment could not predict, each with its reason and place, and try them again.',
      )
      .argument('<deployment>', 'its name in millrace.yaml')
      .option('--replay', 'hand all of them to the deployment again')
      .option('--last <number>', 'how many to show on a terminal', whole(1, 1_000_000), 20)
      .option('--json', 'lines of JSON on a terminal too')
      .action(async (name: string, options: DeadLetterOptions) =>
        (await import('../streams/dead-letters.ts')).deadLetters(name, options, cli),
      ),
    ['millrace stream dead-letters tips', 'the last ones, with their reasons'],
    ['millrace stream dead-letters tips --replay', 'again, now that the model or the data is mended'],
  );

export const define = (command: Command, cli: Cli): void => {
  command.description(
    'Predict events of topics as they come, and look into topics. The log is the one that stream: in millrace.yaml names.',
  );
  for (const add of [run, status, produce, grow, tail, deadLetters]) add(command, cli);
  examples(
    command,
    ['millrace stream run', 'all stream deployments of the project'],
    ['millrace stream produce ride.started --in rides.ndjson --key ride_id', 'send events'],
    ['millrace stream tail ride.predicted --from earliest', 'read predictions'],
  );
};
