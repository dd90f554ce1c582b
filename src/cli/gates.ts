/** What gates have said, for people. */
import type { Verdict } from '../registry/verdict.ts';
import { oneLine } from '../terminal/short.ts';
import type { Terminal } from '../terminal/terminal.ts';

const colours = { pass: 'green', better: 'green', fail: 'red', worse: 'red', 'not enough data': 'yellow' } as const;

/** A line a gate. */
export const tellVerdicts = (verdicts: readonly Verdict[], { out, style }: Terminal): void => {
  const width = Math.max(...verdicts.map(({ about }) => about.length));
  for (const { about, outcome, sentence } of verdicts) {
    const word = outcome.padEnd('not enough data'.length);
    out(`${about.padEnd(width)}  ${style(colours[outcome], word)}  ${oneLine(sentence)}`);
  }
};

/** What a move rests on, in a few words; in red where gates were overridden. */
export const verdictsText = (verdicts: readonly Verdict[] | undefined, { style }: Terminal): string | undefined => {
  if (verdicts === undefined) return undefined;
  const word = ({ about, outcome }: Verdict): string => (outcome === 'pass' ? about : `${about}: ${outcome}`);
  const shut = verdicts.filter(({ asked, outcome }) => asked === 'gate' && outcome !== 'pass');
  if (shut.length > 0) return style('red', `OVERRIDDEN: ${shut.map(word).join(', ')}`);
  return `${verdicts.some(({ asked }) => asked === 'gate') ? 'passed ' : ''}${verdicts.map(word).join(', ')}`;
};
