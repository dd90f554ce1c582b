import type { Command, Option } from 'commander';
import type { Cli } from './command.ts';

/** Names of arguments and options whose values are models, references to models, or environments. */
const names: ReadonlySet<string> = new Set(['name', 'model']);
const refs: ReadonlySet<string> = new Set(['ref', 'refs', 'name@version']);
const environments: ReadonlySet<string> = new Set(['env', 'environment', 'to']);

const longNames = (command: Command): readonly string[] =>
  command.options.filter((option) => !option.hidden).flatMap((option) => option.long ?? option.short ?? []);

const registered = async (cli: Cli) => (await (await cli.app()).lookup()).models();

const valuesOf = async (name: string, choices: readonly string[] | undefined, cli: Cli): Promise<readonly string[]> => {
  if (choices) return choices;
  if (environments.has(name)) return (await cli.app()).environments;
  if (names.has(name)) return (await registered(cli)).map((model) => model.name);
  if (!refs.has(name)) return [];
  return (await registered(cli)).flatMap((model) => [
    model.name,
    ...model.pointers.map(({ environment }) => `${model.name}@${environment}`),
    ...model.versions.map(({ version }) => `${model.name}@${version}`),
  ]);
};

/** The option that waits for its value: the word before is `--option`, and the option takes one. */
const waiting = (commands: readonly Command[], word: string | undefined): Option | undefined =>
  commands
    .flatMap((command) => command.options)
    .find((option) => (option.required || option.optional) && (option.long === word || option.short === word));

/**
 * What the last of `words` may become, given the words before it (all of them after `millrace`). Empty when only the
 * shell knows better, that is for files.
 */
export const complete = async (
  words: readonly string[],
  program: Command,
  load: (words: readonly string[]) => Promise<Command | undefined>,
  cli: Cli,
): Promise<readonly string[]> => {
  const before = words.slice(0, -1);
  const partial = words.at(-1) ?? '';
  const candidates = async (): Promise<readonly string[]> => {
    const command = await load(before);
    const known = command ? [program, command] : [program];
    const option = waiting(known, before.at(-1));
    if (option) return valuesOf(option.name(), option.argChoices, cli);
    if (partial.startsWith('-')) return [...known.flatMap(longNames), '--help'];
    if (!command) return [...program.commands.map((one) => one.name()), 'help'];
    const { operands } = program.parseOptions([...before]);
    const place = command.parseOptions(operands.slice(1)).operands.length;
    const argument = command.registeredArguments[Math.min(place, command.registeredArguments.length - 1)];
    if (!argument || (place >= command.registeredArguments.length && !argument.variadic)) return [];
    return valuesOf(argument.name(), argument.argChoices, cli);
  };
  try {
    return (await candidates()).filter((word) => word.startsWith(partial));
  } catch {
    // A shell that asks for completions has no place to show an error.
    return [];
  }
};
