/**
 * Keys that an object has twice. `JSON.parse` takes the last value and says nothing (RFC 8259, 4: the behaviour is unpredictable), so
 * keys are counted in the text and in the value; they differ only where one stands twice. All of this is for text that is JSON.
 */
const [TAB, LF, CR, SPACE, QUOTE, COLON, OPEN, CLOSE, BACKSLASH] = [9, 10, 13, 32, 34, 58, 123, 125, 92];
const isSpace = (code: number): boolean => code === SPACE || code === LF || code === CR || code === TAB;

/**
 * At least as many as the text has keys: colons behind a quote. A text within the JSON that has such a colon counts too, so a greater
 * number than the value has keys proves nothing, but an equal one proves that no key stands twice.
 */
export const countKeys = (text: string): number => {
  let keys = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    let before = at - 1;
    while (isSpace(text.charCodeAt(before))) before--;
    if (text.charCodeAt(before) === QUOTE) keys++;
  }
  return keys;
};

/** The place behind the string that starts at `at`. */
const stringEnd = (text: string, at: number): number => {
  let place = at + 1;
  for (let code = text.charCodeAt(place); code !== QUOTE; code = text.charCodeAt(place)) {
    place += code === BACKSLASH ? 2 : 1;
  }
  return place + 1;
};

export interface KeyTwice {
  readonly key: string;
  /** Where it stands again, in UTF-16 units. */
  readonly at: number;
}

/** The first key that stands twice in one object, however it is escaped. */
export const keyTwice = (text: string): KeyTwice | undefined => {
  const objects: Set<string>[] = [];
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === OPEN) objects.push(new Set());
    else if (code === CLOSE) objects.pop();
    if (code !== QUOTE) {
      at++;
      continue;
    }
    const start = at;
    const end = stringEnd(text, start);
    at = end;
    while (isSpace(text.charCodeAt(at))) at++;
    if (text.charCodeAt(at) !== COLON) continue;
    const key = JSON.parse(text.slice(start, end)) as string;
    const keys = objects[objects.length - 1];
    if (keys.has(key)) return { key, at: start };
    keys.add(key);
  }
  return undefined;
};
