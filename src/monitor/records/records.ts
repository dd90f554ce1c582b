/** The port of this folder: what is kept of each prediction, and the truth that somebody told of it later. */
export interface Prediction {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The deployment that answered, or the reference that was served. */
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** What answered was to the deployment: `stable`, or the `candidate` of a rollout. */
  readonly variant: string;
  /** The rollout within which it was answered, if it was within one. */
  readonly experiment?: string | undefined;
  /** One row, and its answer, as exact JSON. */
  readonly input: string;
  /** Numbers, booleans and dates were read from texts too. */
  readonly coerced: boolean;
  /** Exactly one of the two is there. */
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  /** Milliseconds of the call. */
  readonly ms: number;
}

export interface Label {
  readonly at: string;
  /** Fields of the output as exact JSON. */
  readonly truth: string;
}

/** A prediction that was found again, with the last label that it was given. */
export interface Kept extends Prediction {
  readonly label?: Label | undefined;
}

/** How long and how many predictions are kept. */
export interface Retention {
  readonly before?: Date | undefined;
  readonly most?: number | undefined;
}

export interface Records {
  /** Keeps predictions; one whose id is there already is left as it is. @throws MillraceError STORE_FAILED */
  append(predictions: readonly Prediction[]): Promise<void>;
  /** Row 0 of a call of one row is found by the call's id too, and the other way round. */
  find(id: string): Promise<Kept | undefined>;
  /** The last predictions of a model that are kept, whichever version answered, the last one first. */
  recent(model: string, most: number): Promise<readonly Prediction[]>;
  /**
   * Keeps what the prediction should have been: some fields of its output, each with a value of the output's type.
   *
   * @throws MillraceError NOT_FOUND when there is no such record; BAD_REQUEST when the truth does not fit its output.
   */
  label(id: string, truth: unknown, at: Date): Promise<Kept>;
  /** Removes a part of what need not be kept, the oldest first, and returns how many; 0 when all is done. */
  prune(retention: Retention): Promise<number>;
  close(): Promise<void>;
}
