/**
 * Whether a whole text is of a pattern, as RE2 answers it: an automaton walks all ways at once, so that no text and no pattern
 * takes longer than their lengths multiplied (Thompson 1968; https://swtch.com/~rsc/regexp/regexp1.html). Only what RE2's syntax
 * and the pattern's reading here agree on is read: https://github.com/google/re2/wiki/Syntax
 */
import { unusual } from './unusual.ts';

/** States of an automaton, with what is repeated counted as often as it may stand. */
const MAX_STATES = 256;
const MAX_REPEATS = 4096;
const MAX_DEPTH = 32;

type Accepts = (code: number) => boolean;
/** Takes a letter, or goes on to one or two others without; none of them at the end. */
interface State {
  readonly accepts?: Accepts;
  next: number;
  other: number;
}

const NONE = -1;
const within = (low: string, high = low): Accepts => {
  const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
  return (code) => code >= from && code <= to;
};
const any =
  (...parts: readonly Accepts[]): Accepts =>
  (code) =>
    parts.some((one) => one(code));
const not =
  (one: Accepts): Accepts =>
  (code) =>
    !one(code);

const digit = within('0', '9');
const word = any(digit, within('a', 'z'), within('A', 'Z'), within('_'));
const space = any(within('\t', '\n'), within('\f', '\r'), within(' '));
const classes: Readonly<Record<string, Accepts>> = {
  d: digit,
  w: word,
  s: space,
  D: not(digit),
  W: not(word),
  S: not(space),
};
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', a: '\x07' };

/** The letters of a pattern, read one after the other. */
interface Letters {
  /** What stands `ahead` of the next letter; undefined behind the last. */
  peek(ahead?: number): string | undefined;
  next(): string | undefined;
  /** Past the letter, if it is the next. */
  takes(letter: string): boolean;
  /** For what is not read here. */
  other(): Error;
}

const lettersOf = (pattern: string): Letters => {
  const letters = [...pattern];
  if (letters.at(-1) === '$' && letters.at(-2) !== '\\') letters.pop();
  let at = 0;
  return {
    peek: (ahead = 0) => letters[at + ahead],
    next: () => letters[at++],
    takes(letter) {
      if (letters[at] !== letter) return false;
      at++;
      return true;
    },
    other: () => unusual(`a pattern ${JSON.stringify(pattern)} that is not read here`),
  };
};

/** What stands behind a backslash: one letter, or a class. */
const escaped = ({ next, other }: Letters): string | Accepts => {
  const letter = next() ?? '';
  if (Object.hasOwn(classes, letter)) return classes[letter];
  if (Object.hasOwn(controls, letter)) return controls[letter];
  if (!/^[!-/:-@[-`{-~]$/.test(letter) || letter === '_') throw other();
  return letter;
};

/** What stands in brackets. */
const setOf = (letters: Letters): Accepts => {
  const { takes, next, peek, other } = letters;
  const isNot = takes('^');
  const parts: Accepts[] = [];
  while (!takes(']')) {
    const letter = next();
    if (letter === undefined || letter === '[' || (letter === '-' && parts.length > 0 && peek() !== ']')) throw other();
    const low = letter === '\\' ? escaped(letters) : letter;
    if (typeof low !== 'string') parts.push(low);
    else if (peek() === '-' && peek(1) !== ']') {
      next();
      const end = next();
      const high = end === '\\' ? escaped(letters) : end;
      if (typeof high !== 'string' || end === '[' || (high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0))
        throw other();
      parts.push(within(low, high));
    } else parts.push(within(low));
  }
  if (parts.length === 0) throw other();
  return isNot ? not(any(...parts)) : any(...parts);
};

/** How often what stands before may stand: at least and at most. */
const countOf = ({ takes, next, peek, other }: Letters): readonly [number, number] | undefined => {
  if (takes('*')) return [0, Number.POSITIVE_INFINITY];
  if (takes('+')) return [1, Number.POSITIVE_INFINITY];
  if (takes('?')) return [0, 1];
  const ahead = Array.from({ length: 9 }, (_, index) => peek(index) ?? '').join('');
  const bounds = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/.exec(ahead);
  if (bounds === null) return undefined;
  for (let left = bounds[0].length; left > 0; left--) next();
  const least = Number(bounds[1]);
  const most = bounds[3] !== undefined ? Number(bounds[3]) : bounds[2] ? Number.POSITIVE_INFINITY : least;
  if (most < least) throw other();
  return [least, most];
};

/** A part of a pattern: written into the states, as often as it stands, in front of what follows. */
type Part = (next: number) => number;

const createStates = () => {
  const states: State[] = [];
  return {
    states,
    /** The place of one more. */
    state(one: State): number {
      if (states.length === MAX_STATES) throw unusual(`a pattern of more than ${MAX_STATES} states`);
      return states.push(one) - 1;
    },
  };
};

/** @returns whether a text is of the pattern. @throws Unusual for what is not read here */
export const fullMatch = (pattern: string): ((text: string) => boolean) => {
  const letters = lettersOf(pattern);
  const { takes, next: take, peek, other } = letters;
  const { states, state } = createStates();
  let repeats = 0;
  const letterPart =
    (accepts: Accepts): Part =>
    (next) =>
      state({ accepts, next, other: NONE });
  const atom = (depth: number): Part => {
    const letter = take();
    if (letter === '(') {
      if (takes('?') && !takes(':')) throw other();
      const inner = choice(depth + 1);
      if (!takes(')')) throw other();
      return inner;
    }
    if (letter === '[') return letterPart(setOf(letters));
    if (letter === '.') return letterPart(not(within('\n')));
    if (letter === undefined || '*+?{}^$])'.includes(letter)) throw other();
    const one = letter === '\\' ? escaped(letters) : letter;
    return letterPart(typeof one === 'string' ? within(one) : one);
  };
  /** A fork to the part, and past it: where it is endless, what follows the part is the fork itself. */
  const maybe =
    (part: Part, isEndless: boolean): Part =>
    (next) => {
      const fork = state({ next: NONE, other: next });
      states[fork].next = part(isEndless ? fork : next);
      return fork;
    };
  const repeated = (part: Part, least: number, most: number): Part => {
    const isEndless = most === Number.POSITIVE_INFINITY;
    const optional = new Array<Part>(isEndless ? 1 : most - least).fill(maybe(part, isEndless));
    const all = [...new Array<Part>(least).fill(part), ...optional];
    return (next) =>
      all.reduceRight((to, one) => {
        // What is empty has no states, however often it stands.
        if (++repeats > MAX_REPEATS) throw unusual(`a pattern of more than ${MAX_REPEATS} repeats`);
        return one(to);
      }, next);
  };
  const sequence = (depth: number): Part => {
    const parts: Part[] = [];
    for (let letter = peek(); letter !== undefined && letter !== '|' && letter !== ')'; letter = peek()) {
      const part = atom(depth);
      const times = countOf(letters);
      // Lazy ones match the same texts.
      if (times) takes('?');
      if (times && /^[*+?{]$/.test(peek() ?? '')) throw other();
      parts.push(times ? repeated(part, ...times) : part);
    }
    return (next) => parts.reduceRight((to, part) => part(to), next);
  };
  const choice = (depth: number): Part => {
    if (depth > MAX_DEPTH) throw other();
    const ways = [sequence(depth)];
    while (takes('|')) ways.push(sequence(depth));
    return (next) => ways.map((way) => way(next)).reduce((one, two) => state({ next: one, other: two }));
  };

  takes('^');
  const whole = choice(0);
  if (peek() !== undefined) throw other();
  const end = state({ next: NONE, other: NONE });
  return matcher(states, whole(end), end);
};

/** Walks all ways through the states at once. */
const matcher = (states: readonly State[], start: number, end: number): ((text: string) => boolean) => {
  const seen = new Int32Array(states.length);
  let round = 0;
  const add = (from: number, list: number[]): void => {
    const open = [from];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (one === NONE || seen[one] === round) continue;
      seen[one] = round;
      const { accepts, next, other } = states[one];
      if (accepts || one === end) list.push(one);
      else open.push(next, other);
    }
  };
  return (text) => {
    round++;
    let now: number[] = [];
    add(start, now);
    for (const letter of text) {
      const code = letter.codePointAt(0) ?? 0;
      const then: number[] = [];
      round++;
      for (const one of now) if (states[one].accepts?.(code)) add(states[one].next, then);
      if (then.length === 0) return false;
      now = then;
    }
    return now.includes(end);
  };
};
