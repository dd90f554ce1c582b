/** The lines that README.md and docs/CONVERT.md tell people to run, by the heading that they stand under. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Block {
  readonly title: string;
  /** Which of the blocks below its heading it is, from 0. */
  readonly at: number;
  readonly language: string;
  readonly code: string;
}

const blocksOf = (page: string): readonly Block[] => {
  const found: Block[] = [];
  let [title, at] = ['', 0];
  const text = readFileSync(join(root, page), 'utf8');
  for (const [, heading, language, code] of text.matchAll(/^#{1,3} (.*)$|^```(\w+)\n([\s\S]*?)\n```$/gm)) {
    if (heading === undefined) found.push({ title, at: at++, language, code });
    else [title, at] = [heading, 0];
  }
  return found;
};

export const blocks: readonly Block[] = ['README.md', 'docs/CONVERT.md'].flatMap(blocksOf);

/** @throws where a page has no such lines any more */
export const blockAt = (wanted: string, place = 0): Block => {
  const found = blocks.find(({ title, at }) => title === wanted && at === place);
  if (found === undefined) throw new Error(`No page has block ${place} of "${wanted}".`);
  return found;
};

/** What README.md says to do with a file of any kind. */
export const ownModel = (): Block => blockAt('Your own model');

/** The words of commands behind `npx millrace`, without comments, by the name of the command. */
export const commandsIn = ({ code }: Block): ReadonlyMap<string, readonly string[]> =>
  new Map(
    code
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').split(/\s+/))
      .filter(([npx, millrace]) => npx === 'npx' && millrace === 'millrace')
      .map(([, , command, ...words]) => [command, words]),
  );
