/** The elements of one big JSON array, found without parsing the whole: brackets and strings are followed, nothing else. */
export interface JsonElement {
  readonly text: string;
  readonly line: number;
}

export class NotAnArray extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

export interface ElementReader {
  /** Elements that end in this piece of text. @throws NotAnArray. */
  push(text: string): Generator<JsonElement>;
  /** @throws NotAnArray when the array has not ended. */
  end(): void;
}

const [LF, QUOTE, BACKSLASH, COMMA] = [10, 34, 92, 44];
const isSpace = (code: number): boolean => code === 32 || code === LF || code === 13 || code === 9;
const opens = (code: number): boolean => code === 91 || code === 123;
const closes = (code: number): boolean => code === 93 || code === 125;

type State = 'before' | 'first' | 'element' | 'after';

/** An element longer than `maxChars` makes the file unreadable, as it cannot be skipped with certainty. */
export const createElementReader = (maxChars: number): ElementReader => {
  let state: State = 'before';
  let depth = 0;
  let inString = false;
  let escaped = false;
  let line = 1;
  let startLine = 1;
  let parts: string[] = [];
  let length = 0;

  const element = (tail: string): JsonElement => {
    const text = parts.length === 0 ? tail : parts.join('') + tail;
    const trimmed = text.trimStart();
    const before = text.slice(0, text.length - trimmed.length).split('\n').length - 1;
    parts = [];
    length = 0;
    return { text: trimmed.trimEnd(), line: startLine + before };
  };

  return {
    *push(text) {
      let start = 0;
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code === LF) line++;
        if (state === 'element') {
          if (inString) {
            if (escaped) escaped = false;
            else if (code === BACKSLASH) escaped = true;
            else if (code === QUOTE) inString = false;
            continue;
          }
          if (code === QUOTE) inString = true;
          else if (opens(code)) depth++;
          else if (closes(code)) {
            if (depth > 0) depth--;
            else if (code === 93) {
              yield element(text.slice(start, at));
              state = 'after';
            } else throw new NotAnArray('a } without a {', line);
          } else if (code === COMMA && depth === 0) {
            yield element(text.slice(start, at));
            start = at + 1;
            startLine = line;
          }
        } else if (!isSpace(code)) {
          if (state === 'before' && code === 91) state = 'first';
          else if (state === 'before') throw new NotAnArray(`${JSON.stringify(text[at])} at the start`, line);
          else if (state === 'after') throw new NotAnArray('more text after the end of the array', line);
          else if (code === 93) state = 'after';
          else {
            state = 'element';
            start = at;
            startLine = line;
            at--;
            if (code === LF) line--;
          }
        }
      }
      if (state !== 'element') return;
      parts.push(text.slice(start));
      length += text.length - start;
      if (length > maxChars) throw new NotAnArray(`an element of more than ${maxChars} characters`, startLine);
    },
    end() {
      if (state === 'before') throw new NotAnArray('an empty file', line);
      if (state !== 'after') throw new NotAnArray('an end of file inside the array', line);
    },
  };
};
