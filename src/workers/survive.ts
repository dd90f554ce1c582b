/**
 * Rows that end the process which runs them are found, and refused alone; their neighbours get their answers.
 *
 * A run that ends its process is taken apart into eighths, and so on until a row stands alone. A row that has done it twice,
 * the second time alone, is refused. So one such row among n costs about log8(n) + 1 processes.
 */
import type { MillraceError, Problem } from '../core/errors.ts';

/** Rows of one call, from `start` up to `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A run that ended its process. */
export interface Lost {
  /** WORKER_LOST, with how in `got`. */
  readonly lost: MillraceError;
  /** It was ended, as it took longer than it was allowed. */
  readonly late: boolean;
}

export interface Survival<Output> {
  readonly rows: number;
  /** These rows were in a run that ended its process, before this call. */
  readonly suspected: boolean;
  /** `hasTime`: it may take as long as the call may. Others wait behind it otherwise, who are not to wait for it. */
  run(range: Range, hasTime: boolean): Promise<{ readonly output: Output } | Lost>;
  /** The answer to one row that is refused. */
  refuse(problem: Problem): Output;
  gather(outputs: readonly Output[]): Output;
  /** False when so many processes have ended without an answer between them that it is not for single rows. */
  hasHope(): boolean;
}

const PARTS = 8;

/** Up to so many ranges of about the same size. */
const partsOf = ({ start, end }: Range): readonly Range[] => {
  const size = Math.ceil((end - start) / PARTS);
  return Array.from({ length: Math.ceil((end - start) / size) }, (_, part) => ({
    start: start + part * size,
    end: Math.min(end, start + (part + 1) * size),
  }));
};

const guilty = (how: string): Problem => ({
  code: 'MODEL_FAILED',
  message: `This row ended the process that runs the model, twice (${how}).`,
  expected: 'a row that the model can score',
  got: how,
});

/** @throws WORKER_LOST where there is no hope; what `run` throws */
export const survive = <Output>(call: Survival<Output>): Promise<Output> => {
  const { run, refuse, gather, hasHope } = call;

  const alone = async (range: Range, suspected: boolean): Promise<Output> => {
    const first = await run(range, !suspected);
    if ('output' in first) return first.output;
    // One that is only slow has been ended before its time: that does not count.
    if (suspected && !first.late) return refuse(guilty(first.lost.problem.got ?? ''));
    const second = await run(range, true);
    return 'output' in second ? second.output : refuse(guilty(second.lost.problem.got ?? ''));
  };

  const together = async (range: Range, suspected: boolean): Promise<Output> => {
    if (range.end - range.start === 1) return alone(range, suspected);
    const first = await run(range, false);
    if ('output' in first) return first.output;
    if (!hasHope()) throw first.lost;
    return gather(await Promise.all(partsOf(range).map((part) => together(part, true))));
  };

  return together({ start: 0, end: call.rows }, call.suspected);
};
