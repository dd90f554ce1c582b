/**
 * Whether a whole text is of a pattern, as RE2 answers it: an automaton walks all ways at once, so that no text and no pattern
 * takes longer than their lengths multiplied (Thompson 1968; https://swtch.com/~rsc/regexp/regexp1.html). Only what RE2's syntax
 * and the pattern's reading here agree on is read: https://github.com/google/re2/wiki/Syntax
 */
import { unusual } from './unusual.ts';

/** States of an automaton, with what is repeated counted as often as it may stand. */
const MAX_STATES = 256;
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

/** A part of a pattern: written into the states, once or as often as it stands. */
type Part = (next: number) => number;

/** @returns whether a text is of the pattern. @throws Unusual for what is not read here */
export const fullMatch = (pattern: string): ((text: string) => boolean) => {
  const letters = [...pattern];
  const states: State[] = [];
  const other = () => unusual(`a pattern ${JSON.stringify(pattern)} that is not read here`);
  const state = (one: State): number => {
    if (states.length === MAX_STATES) throw unusual(`a pattern of more than ${MAX_STATES} states`);
    return states.push(one) - 1;
  };
  let at = 0;
  const takes = (letter: string): boolean => letters[at] === letter && ++at > 0;

  /** What stands behind a backslash: one letter, or a class. */
  const escaped = (): string | Accepts => {
    const letter = letters[at++] ?? '';
    if (Object.hasOwn(classes, letter)) return classes[letter];
    if (Object.hasOwn(controls, letter)) return controls[letter];
    if (!/^[!-/:-@[-`{-~]$/.test(letter) || letter === '_') throw other();
    return letter;
  };
  const set = (): Accepts => {
    const isNot = takes('^');
    const parts: Accepts[] = [];
    while (!takes(']')) {
      const letter = letters[at++];
      if (letter === undefined || letter === '[' || (letter === '-' && parts.length > 0 && letters[at] !== ']'))
        throw other();
      const low = letter === '\\' ? escaped() : letter;
      if (typeof low !== 'string') parts.push(low);
      else if (letters[at] === '-' && letters[at + 1] !== ']') {
        at++;
        const end = letters[at++];
        const high = end === '\\' ? escaped() : end;
        if (typeof high !== 'string' || end === '[' || (high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0))
          throw other();
        parts.push(within(low, high));
      } else parts.push(within(low));
    }
    if (parts.length === 0) throw other();
    return isNot ? not(any(...parts)) : any(...parts);
  };
  const letterPart =
    (accepts: Accepts): Part =>
    (next) =>
      state({ accepts, next, other: NONE });

  const atom = (depth: number): Part => {
    const letter = letters[at++];
    if (letter === '(') {
      if (takes('?') && !takes(':')) throw other();
      const inner = choice(depth + 1);
      if (!takes(')')) throw other();
      return inner;
    }
    if (letter === '[') return letterPart(set());
    if (letter === '.') return letterPart(not(within('\n')));
    if (letter === '\\') {
      const one = escaped();
      return letterPart(typeof one === 'string' ? within(one) : one);
    }
    if (letter === undefined || '*+?{}^$])'.includes(letter)) throw other();
    return letterPart(within(letter));
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
    const optional =
      most === Number.POSITIVE_INFINITY ? [maybe(part, true)] : new Array(most - least).fill(maybe(part, false));
    const all: readonly Part[] = [...new Array(least).fill(part), ...optional];
    return (next) => all.reduceRight((to, one) => one(to), next);
  };

  const counted = (): readonly [number, number] | undefined => {
    if (takes('*')) return [0, Number.POSITIVE_INFINITY];
    if (takes('+')) return [1, Number.POSITIVE_INFINITY];
    if (takes('?')) return [0, 1];
    const bounds = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/.exec(letters.slice(at, at + 9).join(''));
    if (bounds === null) return undefined;
    at += bounds[0].length;
    const least = Number(bounds[1]);
    const most = bounds[3] !== undefined ? Number(bounds[3]) : bounds[2] ? Number.POSITIVE_INFINITY : least;
    if (most < least) throw other();
    return [least, most];
  };
  const sequence = (depth: number): Part => {
    const parts: Part[] = [];
    while (at < letters.length && letters[at] !== '|' && letters[at] !== ')') {
      const part = atom(depth);
      const times = counted();
      // Lazy ones match the same texts.
      if (times) takes('?');
      if (times && /^[*+?{]$/.test(letters[at] ?? '')) throw other();
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
  if (letters.at(-1) === '$' && letters.at(-2) !== '\\') letters.pop();
  const whole = choice(0);
  if (at < letters.length) throw other();
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
