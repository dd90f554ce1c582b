import type { Sources } from './modules.ts';

const folder = 'src/core/kinds/';
/** What a profile, a reference or a baseline is called, which have a kind of their own: `number` or `category`. */
const ownKind = /\b(?:profile|reference|known|then|baseline)\??\.kind\b/g;

/**
 * Where the sources ask of what kind a field is, but for the folder of kinds: a line each. Whoever wants to know something of a
 * field looks it up in its `Kind`, so that a new kind is one file.
 */
export const kindQuestions = (sources: Sources, kinds: readonly string[]): readonly string[] => {
  const names = `'(?:${kinds.join('|')})'`;
  const questions = new RegExp(
    [
      `\\bkind\\s*[!=]==\\s*${names}`,
      `${names}\\s*[!=]==\\s*[\\w.?]*\\bkind\\b`,
      `\\bcase ${names}`,
      String.raw`\bswitch \([\w.?]*\bkind\)`,
      String.raw`\[\w[\w.?]*\.kind\]`,
      String.raw`\.(?:has|includes)\(\w[\w.?]*\.kind\)`,
    ].join('|'),
  );
  return [...sources].flatMap(([path, text]) =>
    path.startsWith(folder)
      ? []
      : text.split('\n').flatMap((line, index) => {
          const [found] = questions.exec(line.replace(ownKind, '')) ?? [];
          return found === undefined ? [] : [`${path}:${index + 1}: ${found}`];
        }),
  );
};
