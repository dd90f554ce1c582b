/** A scorer that answers, and another one that can say why it does not. */
import { MillraceError } from '../../core/errors.ts';
import { createGate } from '../../core/gate.ts';
import type { Scorer } from '../../core/types.ts';

/**
 * Where `quick` refuses a row or a call, all of the call goes to the scorer of the same package that `open` opens, as does every
 * call from then on; that one refuses the same, with reasons.
 */
export const explained = (
  quick: Scorer,
  open: () => Promise<Scorer>,
): Pick<Scorer, 'score' | 'scoreColumns' | 'close'> => {
  let scorer = quick;
  let opening: Promise<Scorer> | undefined;
  const openOnce = async (): Promise<Scorer> => {
    opening ??= open();
    try {
      scorer = await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
    void quick.close();
    return scorer;
  };
  const gate = createGate(`The scorer of ${quick.manifest.name}@${quick.manifest.version}`, () => scorer.close());

  const ask = <T>(call: (one: Scorer) => Promise<T>, refuses: (answer: T) => boolean): Promise<T> =>
    gate.through(async () => {
      if (scorer !== quick) return call(scorer);
      try {
        const answer = await call(quick);
        if (!refuses(answer)) return answer;
      } catch (error) {
        if (error instanceof MillraceError) throw error;
      }
      return call(await openOnce());
    });

  return {
    score: (rows, options) =>
      ask(
        (one) => one.score(rows, options),
        (answers) => answers.some(({ error }) => error !== undefined),
      ),
    scoreColumns: (columns, options) =>
      ask(
        (one) => one.scoreColumns(columns, options),
        ({ errors }) => errors.size > 0,
      ),
    close: gate.close,
  };
};
