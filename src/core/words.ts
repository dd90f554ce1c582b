/** What code of others says of a failure, as far as it may go to anyone who sends a row. */
import { messageOf } from './errors.ts';

const MOST_CHARS = 200;

/** Names of places, and what is told instead. */
const places: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z\d+.-]*:\/\/[^\s'"`)\]]+/gi, 'a URL'],
  [/\b(?:sqlite|postgres(?:ql)?|file):[^\s'"`)\]]+/gi, 'a URL'],
  // As Node tells of calls of the system: `getaddrinfo ENOTFOUND db.example`, `connect ECONNREFUSED ::1:5432`.
  [/\b(E[A-Z]{3,}(?:_[A-Z]+)?) (?:[\w-]+\.)+[\w-]+(?::\d+)?/g, '$1'],
  [/\b(E[A-Z]{3,}(?:_[A-Z]+)?) [\da-f:.]*:[\da-f:.]*:\d+/gi, '$1'],
  [/\b(ENOTFOUND|EAI_AGAIN) \S+/g, '$1'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, 'an address'],
  [/\[[\da-f.]*:[\da-f.]*:[\da-f:.]*\](?::\d+)?/gi, 'an address'],
  // A host with its port, and names of three labels and more, as those of machines are.
  [/\b(?:localhost|(?:[\w-]+\.)+[a-z][\w-]*):\d+\b/gi, 'an address'],
  [/\b(?:[\w-]+\.){2,}[a-z][\w-]+\b/gi, 'an address'],
  [/\/\S*\/([^\s/]+)/g, '$1'],
  [/\b[A-Za-z]:\\\S*\\([^\s\\]+)/g, '$1'],
];

/** The first line of a thrown value, at most 200 characters of it, without paths of the machine, hosts and URLs. */
export const wordsOf = (error: unknown): string => {
  const [line = ''] = messageOf(error).slice(0, 2000).split('\n');
  return places.reduce((text, [place, told]) => text.replace(place, told), line).slice(0, MOST_CHARS);
};
