/** The port of this folder: a figure that says how good predictions were. A family of them is a file, which exports its rows. */

/** Where the true figure lies 95 times in 100, and how that was found out. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly method: 'Wilson' | 'Clopper-Pearson' | 't' | 'bootstrap';
}

export interface Metric<T> {
  /** As JSON has it. */
  readonly name: string;
  /** As people read it. */
  readonly label: string;
  /** Which figure of two is the better one; `zero` is the one that is nearer to 0. */
  readonly better: 'lower' | 'higher' | 'zero';
  /** NaN where there is nothing to tell it by. */
  of(tally: T): number;
  /** Out of the tally alone, where that is known; by bootstrap where it is not. */
  interval?(tally: T): Interval | undefined;
}
