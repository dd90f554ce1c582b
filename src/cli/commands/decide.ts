import type { Command } from 'commander';
import { fail } from '../../core/errors.ts';
import { type Cli, examples } from '../command.ts';
import type { DryRunArguments } from '../decide/dry-run.ts';
import type { DecideRunOptions } from '../decide/run.ts';
import { port, whole } from '../numbers.ts';
import type { DeadLetterOptions } from '../streams/dead-letters.ts';
import { usage } from '../usage.ts';

interface Options extends DryRunArguments {
  readonly dryRun?: true;
}

/** Options that stand after run or dead-letters are theirs, but were read as those of a dry run. */
const handOn = (command: Command, called: Command): void => {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    if (!called.options.some((own) => own.attributeName() === name)) {
      const its = called.options.map(({ long }) => long).join(', ');
      throw usage(`${option.long} is not an option of ${command.name()} ${called.name()}.`, its, `${option.long}`);
    }
    called.setOptionValueWithSource(name, command.getOptionValue(name), 'cli');
  }
};

export const define = (command: Command, cli: Cli): void => {
  command
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: () => [...(command.parent?.options ?? [])] })
    .hook('preSubcommand', handOn)
    .description(
      'Join predictions by key, hold rules against them, and tell what they decide: deployments with mode: decide.',
    )
    .usage('run [deployments...] | --dry-run <deployment>')
    .argument('[deployment]', 'its name in millrace.yaml')
    .option('--dry-run', 'show what its rules would have decided on past events; nothing is written')
    .option('--from <time>', 'of a dry run: earliest, how long ago (2h), or a time', 'earliest')
    .option('--until-end', 'of a dry run: stop at the end of what is there now, as it always does')
    .option('--last <number>', 'of a dry run: how many decisions to show on a terminal', whole(1, 1_000_000), 20)
    .option('--json', 'of a dry run: every decision, as lines of JSON')
    .action(async (name: string | undefined, { dryRun, ...options }: Options) => {
      if (name === undefined || dryRun !== true) {
        throw fail('USAGE', name === undefined ? 'There is nothing to do.' : `'${name}' is not a command of decide.`, {
          expected: 'run <deployment>, --dry-run <deployment>, or dead-letters <deployment>',
        });
      }
      await (await import('../decide/dry-run.ts')).dryRun(name, options, cli);
    });

  const run = command
    .command('run')
    .summary('decide until Ctrl-C')
    .description('Decide until Ctrl-C: deployments with mode: decide, all of them unless named.')
    .argument('[deployments...]', 'their names in millrace.yaml')
    .option('--metrics-port <port>', 'answer /metrics, /ready and /live there', port)
    .action(async (names: readonly string[], options: DecideRunOptions) =>
      (await import('../decide/run.ts')).run(names, options, cli),
    );
  examples(
    run,
    ['millrace decide run offers', 'one deployment; run it again elsewhere to share its keys'],
    ['millrace decide run --metrics-port 9101', 'all of the project'],
  );

  const deadLetters = command
    .command('dead-letters')
    .summary('show what could not be read, decided or told, and try it again')
    .description(
      'Show what a deployment could not read, decide or tell, each with its reason and place, and try it again.',
    )
    .argument('<deployment>', 'its name in millrace.yaml')
    .option('--replay', 'hand all of it to the deployment again')
    .option('--last <number>', 'how many to show on a terminal', whole(1, 1_000_000), 20)
    .option('--json', 'lines of JSON on a terminal too')
    .action(async (name: string, options: DeadLetterOptions) => {
      const [{ showDeadLetters }, { named }] = await Promise.all([
        import('../streams/dead-letters.ts'),
        import('../../deployments/decide.ts'),
      ]);
      const { deadLetters, replay, groups } = named(await cli.app(), name);
      const grave = { deadLetters, replay, group: groups.collect };
      await showDeadLetters(`decide dead-letters ${name}`, name, grave, options, cli);
    });
  examples(
    deadLetters,
    ['millrace decide dead-letters offers', 'the last ones, with their reasons'],
    ['millrace decide dead-letters offers --replay', 'again, now that the rule or the other side is mended'],
  );

  examples(
    command,
    ['millrace decide run offers', 'join, decide, tell'],
    ['millrace decide --dry-run offers', 'what the rules would have decided on all events that are kept'],
    ['millrace decide --dry-run offers --from 2h --json', 'on those of the last two hours, for a program'],
  );
};
