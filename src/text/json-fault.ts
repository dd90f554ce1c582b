/**
 * Where a text stops being JSON, and what to write instead. The grammar is RFC 8259's. What was sent is not quoted, as messages may be
 * logged: only words that programs write by mistake, and punctuation, are named.
 */
export interface JsonFault {
  /** In UTF-16 units; undefined when the text ends too early. */
  readonly at: number | undefined;
  /** What is wrong, in words. */
  readonly why: string;
  readonly expected: string;
  readonly got: string;
}

const MISSING = 'null where a value is missing';

/** What programs write that is not JSON, and what to write instead. */
const words: Readonly<Record<string, string>> = {
  NaN: MISSING,
  nan: MISSING,
  NA: MISSING,
  None: 'null',
  nil: 'null',
  undefined: 'null',
  Null: 'null',
  NULL: 'null',
  Infinity: MISSING,
  inf: MISSING,
  Inf: MISSING,
  True: 'true',
  TRUE: 'true',
  False: 'false',
  FALSE: 'false',
};

const WORD = /[A-Za-z_$][\w$]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LIKE_NUMBER = /[+-]?[\w.+-]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\n\r]*/y;

/** The place behind what a sticky pattern finds at `at`, which is `at` when it finds nothing. */
const behind = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
};

const wrong = (at: number, expected: string, got: string, why = `expected ${expected}, got ${got}`): JsonFault => ({
  at,
  why,
  expected,
  got,
});
const notJson = (at: number, got: string, write: string): JsonFault =>
  wrong(at, write, got, `${got} is not JSON, write ${write}`);

const cutOff = (expected: string): JsonFault => ({
  at: undefined,
  why: 'it ends before it is complete',
  expected,
  got: 'the end of the text',
});

/** A character in words: letters and digits of what was sent stay unsaid. */
const named = (text: string, at: number): string => {
  const code = text.codePointAt(at) ?? 0;
  if (/[A-Za-z0-9]/.test(text[at])) return 'other text';
  return code > 32 && code < 127 ? text[at] : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
};

/** What stands where something else should, as far as that says what was meant. */
const stray = (text: string, at: number, expected: string): JsonFault => {
  const char = text[at];
  if (char === '\0') return notJson(at, 'UTF-16', 'UTF-8');
  if (char === "'") return notJson(at, 'a text in single quotes', 'double quotes');
  if (char === '/' || char === '#') return notJson(at, 'a comment', 'none');
  if (char === '\uFEFF') return notJson(at, 'a byte order mark', 'none');
  return wrong(at, expected, named(text, at));
};

const wordFault = (text: string, at: number): JsonFault => {
  const word = text.slice(at, behind(WORD, text, at));
  if (Object.hasOwn(words, word)) return notJson(at, word, words[word]);
  const meant = ['true', 'false', 'null'].find((one) => word.length > 1 && one.startsWith(word.toLowerCase()));
  if (meant !== undefined) return notJson(at, word, meant);
  return notJson(at, 'a text without quotes', 'double quotes around it');
};

const numberFault = (text: string, at: number): JsonFault => {
  const sign = /[+-]/.test(text[at]) ? text[at] : '';
  const word = text.slice(at + sign.length, behind(WORD, text, at + sign.length));
  if (Object.hasOwn(words, word)) return notJson(at, `${sign}${word}`, words[word]);
  const end = behind(LIKE_NUMBER, text, at);
  if (end === text.length && !/^[+.]|^-?0\d/.test(text.slice(at, at + 3))) return cutOff('the rest of a number');
  return notJson(at, 'a number of this form', 'digits such as -0.5 or 1e3, or the text in quotes');
};

/** The place in a string that starts at `at` where its characters end: at the closing quote, if all is well. */
const charactersEnd = (text: string, at: number): number => {
  for (let end = at + 1; end < text.length; ) {
    const code = text.charCodeAt(end);
    if (code === 34 || code < 32) return end;
    if (code !== 92) end++;
    else {
      const after = behind(ESCAPE, text, end);
      if (after === end) return end;
      end = after;
    }
  }
  return text.length;
};

/** What is wrong with a string whose characters end at `end`, where no quote stands. */
const stringFault = (text: string, end: number): JsonFault => {
  if (end >= text.length) return cutOff('a closing "');
  if (text[end] !== '\\') return wrong(end, 'an escape such as \\n', `${named(text, end)} within a text`);
  if (end + (text[end + 1] === 'u' ? 6 : 2) > text.length) return cutOff('the rest of an escape and a closing "');
  return wrong(end, 'an escape of JSON, such as \\n, \\\\ or \\u00e9', 'another one');
};

/** The place behind a value that is neither object nor array, or its fault. */
const scalar = (text: string, at: number): number | JsonFault => {
  const char = text[at];
  if (char === '"') {
    const end = charactersEnd(text, at);
    return text[end] === '"' ? end + 1 : stringFault(text, end);
  }
  if (/[\d+.-]/.test(char)) {
    const end = behind(NUMBER, text, at);
    return end === at || (end < text.length && /[\w.+-]/.test(text[end])) ? numberFault(text, at) : end;
  }
  if (!/[A-Za-z_$]/.test(char)) return stray(text, at, 'a value');
  const end = behind(WORD, text, at);
  if (/^(?:true|false|null)$/.test(text.slice(at, end))) return end;
  return end === text.length && /^(?:t|tr|tru|f|fa|fal|fals|n|nu|nul)$/.test(text.slice(at, end)) && at > 0
    ? cutOff('the rest of a word')
    : wordFault(text, at);
};

type Expecting = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing';

const inWords: Readonly<Record<Expecting, string>> = {
  value: 'a value',
  'value or end': 'a value or ]',
  key: 'a name in double quotes',
  'key or end': 'a name in double quotes or }',
  colon: 'a :',
  'comma or end': 'a comma or the end of the list or object',
  nothing: 'nothing more',
};

/** The first fault of a text that is not JSON; nesting past `depth` is one. Linear in the text. */
export const faultOf = (text: string, depth: number): JsonFault | undefined => {
  /** The closing bracket of each level. */
  const open: string[] = [];
  let expecting: Expecting = 'value';
  let at = behind(SPACE, text, 0);
  if (at === text.length) return cutOff('JSON');
  const ended = (): Expecting => (open.length === 0 ? 'nothing' : 'comma or end');
  for (; at < text.length; at = behind(SPACE, text, at)) {
    const char = text[at];
    const isValue: boolean = expecting === 'value' || expecting === 'value or end';
    if (isValue && (char === '{' || char === '[')) {
      if (open.length === depth)
        return wrong(at, `at most ${depth} levels`, 'more', `it is nested deeper than ${depth} levels`);
      open.push(char === '{' ? '}' : ']');
      expecting = char === '{' ? 'key or end' : 'value or end';
      at++;
    } else if (expecting.endsWith('or end') && char === open[open.length - 1]) {
      open.pop();
      expecting = ended();
      at++;
    } else if (isValue || ((expecting === 'key' || expecting === 'key or end') && char === '"')) {
      if (char === '}' || char === ']') return wrong(at, inWords[expecting], `a ${char} behind a comma or colon`);
      const end = scalar(text, at);
      if (typeof end !== 'number') return end;
      at = end;
      expecting = isValue ? ended() : 'colon';
    } else if (expecting === 'colon' && char === ':') {
      expecting = 'value';
      at++;
    } else if (expecting === 'comma or end' && char === ',') {
      expecting = open[open.length - 1] === '}' ? 'key' : 'value';
      at++;
    } else if (expecting === 'key' && char === '}') {
      return wrong(at, inWords[expecting], 'a } behind a comma');
    } else return stray(text, at, inWords[expecting]);
  }
  return expecting === 'nothing' ? undefined : cutOff(inWords[expecting]);
};
