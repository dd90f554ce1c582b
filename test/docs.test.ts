/** Pages for people must not promise what is not there: links, commands and their options are held against the code. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import type { Cli } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';

const root = join(import.meta.dirname, '..');
const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'examples')).map((name) => `examples/${name}/README.md`),
];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

for (const page of pages) {
  test(`what ${page} links to is there`, () => {
    for (const [, target] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path, anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path ?? '');
      assert.ok(existsSync(join(root, file)), `${target}: there is no ${file}`);
      if (anchor) assert.ok(anchorsOf(read(file)).includes(anchor), `${target}: no such heading in ${file}`);
    }
  });
}

test('the README leads to every page of docs', () => {
  const readme = read('README.md');
  for (const page of pages.filter((name) => name.startsWith('docs/'))) {
    assert.ok(readme.includes(`](${page})`), `${page} is not linked`);
  }
});

/** A command with its subcommands and options; nothing of it runs. */
const defined = async (name: string): Promise<Command> => {
  const command = new Command(name).option('-f, --file <file>').option('-h, --help').option('-V, --version');
  (await commands[name]?.load())?.define(command, {} as Cli);
  return command;
};

const optionsOf = (command: Command): readonly string[] => [
  ...command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined)),
  ...command.commands.flatMap(optionsOf),
];

/** Each call of the command line in `code`, in words, up to where a shell would end it. */
const callsIn = (text: string): readonly (readonly string[])[] => {
  const blocks = [...text.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block.split('\n'));
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  return [...blocks, ...spans].flatMap((line) =>
    [...line.matchAll(/(?:^|[\s(])millrace ((?:[^#|;)"]|"[^"]*")+)/g)].map(([, words]) => words.trim().split(/\s+/)),
  );
};

for (const page of pages) {
  test(`the commands and options that ${page} names exist`, async () => {
    for (const [name = '', ...words] of callsIn(read(page))) {
      if (name === 'help' || /^[^a-z]|…/.test(name)) continue;
      assert.ok(Object.hasOwn(commands, name), `millrace ${name}`);
      const command = await defined(name);
      const [first = ''] = words;
      if (command.commands.length > 0 && command.registeredArguments.length === 0 && /^[a-z]/.test(first)) {
        const below = command.commands.map((one) => one.name());
        assert.ok(below.includes(first), `millrace ${name} ${first}`);
      }
      const options = optionsOf(command);
      for (const [flag] of words.map((word) => /^--?[a-z][a-z-]*/.exec(word) ?? [])) {
        if (flag) assert.ok(options.includes(flag), `millrace ${name} ${flag}`);
      }
    }
  });
}
