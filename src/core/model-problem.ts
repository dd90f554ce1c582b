/** What is wrong with a row that the model refused. */
import { messageOf, type Problem } from './errors.ts';
import { wordsOf } from './words.ts';

/** What a runtime says of a failure, without what it says of itself. */
export const runtimeMessage = (error: unknown): string => wordsOf(messageOf(error).replace(/^.*Status Message: /, ''));

export const modelProblem = (error: unknown): Problem => {
  const got = runtimeMessage(error);
  return {
    code: 'MODEL_FAILED',
    expected: 'a row that the model can score',
    got,
    message: `The model refused this row: ${got}.`,
  };
};
