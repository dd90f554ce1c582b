/**
 * What two sides of a wire ask and tell each other, whatever the wire is: functions of the other side, called by name.
 *
 * Invariants: a question is settled, once, by its answer or by the end of the wire; none is open once that is cut. What answers
 * no question is no answer, and what names no function is no call: code of others may write on the same wire.
 */
import { MillraceError, type Problem } from '../core/errors.ts';
import { invariant } from '../core/invariant.ts';

/** Functions that one side has for the other, by name. `close` is the last that is called, when the other side lets go. */
export type Calls = Readonly<Record<string, (...values: never[]) => unknown>>;

/** What goes along with a message without a copy, and is gone from where it was. */
export type Movable = ArrayBuffer;

export interface OtherSide<Theirs extends Calls> {
  /** Calls a function of the other side. @throws what it throws; what the wire's end is told as */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    values: Parameters<Theirs[Name]>,
    moved?: readonly Movable[],
  ): Promise<Awaited<ReturnType<Theirs[Name]>>>;
  /** Calls it, and hears nothing of what becomes of it. */
  say<Name extends keyof Theirs & string>(
    name: Name,
    values: Parameters<Theirs[Name]>,
    moved?: readonly Movable[],
  ): void;
}

/** An error as it goes over a wire: a problem of ours, or the text of any other, with what databases call it. */
interface Failure {
  readonly problem?: Problem;
  readonly message: string;
  readonly code?: unknown;
  readonly errcode?: unknown;
}

/** `call` numbers a question; 0 where no answer is wanted. */
export interface WireCall {
  readonly call: number;
  readonly name: string;
  readonly values: readonly unknown[];
}
export type Reply =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly failure: Failure };

export interface Wire<Theirs extends Calls> extends OtherSide<Theirs> {
  /** Takes what came over the wire, and with a call what came along with it. */
  hear(message: unknown, along?: unknown): void;
  /** The wire is cut: questions that are open, and those to come, fail with this. */
  cut(error: Error): void;
}

export interface WireOptions {
  readonly send: (message: WireCall | Reply, moved: readonly Movable[]) => void;
  /** What the other side may call. */
  readonly own?: Calls | undefined;
  /** What becomes of what the other side has thrown, before who has asked hears it; nothing unless given. */
  readonly told?: ((error: Error) => Error) | undefined;
  /** Told when the first question is open, and when none is any more. */
  readonly onBusy?: ((isBusy: boolean) => void) | undefined;
}

const moving = new WeakMap<object, readonly Movable[]>();

/** An answer whose memory goes over to who has asked, without a copy. */
export const moved = <Value extends object>(value: Value, buffers: readonly Movable[]): Value => {
  moving.set(value, buffers);
  return value;
};
export const movedOf = (value: unknown): readonly Movable[] =>
  (typeof value === 'object' && value !== null && moving.get(value)) || [];

export const failureOf = (error: unknown): Failure => {
  if (error instanceof MillraceError) return { problem: error.problem, message: error.message };
  const { message, code, errcode } = (error ?? {}) as Readonly<Record<string, unknown>>;
  return { message: typeof message === 'string' ? message : String(error), code, errcode };
};
const errorOf = ({ problem, message, code, errcode }: Failure): Error =>
  problem === undefined ? Object.assign(new Error(message), { code, errcode }) : new MillraceError(problem);

interface Question {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export const createWire = <Theirs extends Calls>(options: WireOptions): Wire<Theirs> => {
  const { send, own = {}, told = (error) => error, onBusy } = options;
  const questions = new Map<number, Question>();
  let numbers = 0;
  let ended: Error | undefined;

  /** The question is no longer open. */
  const close = (number: number): Question | undefined => {
    const question = questions.get(number);
    if (questions.delete(number) && questions.size === 0) onBusy?.(false);
    return question;
  };
  const serve = async ({ call, name, values }: WireCall, along: unknown): Promise<void> => {
    try {
      const work = own[name] as (...values: readonly unknown[]) => unknown;
      const value = await (along === undefined ? work(...values) : work(...values, along));
      if (call > 0) send({ answer: call, value }, movedOf(value));
    } catch (error) {
      if (call === 0) throw error;
      // What cannot be sent is told too.
      send({ answer: call, failure: failureOf(error) }, []);
    }
  };

  return {
    ask: (name, values, along = []) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const call = ++numbers;
        questions.set(call, { resolve: resolve as Question['resolve'], reject });
        if (questions.size === 1) onBusy?.(true);
        try {
          send({ call, name, values }, along);
        } catch (error) {
          close(call);
          reject(error);
        }
      }),
    say(name, values, along = []) {
      if (ended === undefined) send({ call: 0, name, values }, along);
    },
    hear(message, along) {
      const said = (message ?? {}) as Partial<WireCall & { readonly answer: number; value: unknown; failure: Failure }>;
      if (typeof said.answer === 'number') {
        const question = close(said.answer);
        if (said.failure === undefined) question?.resolve(said.value);
        else question?.reject(told(errorOf(said.failure)));
      } else if (typeof said.call === 'number' && Object.hasOwn(own, said.name ?? ''))
        void serve(said as WireCall, along);
    },
    cut(error) {
      ended ??= error;
      for (const number of [...questions.keys()]) close(number)?.reject(ended);
      invariant(questions.size === 0, 'no question is open once the wire is cut');
    },
  };
};
