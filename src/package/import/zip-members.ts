/** What a zip file has in it, by the headers at its beginning and at its end (APPNOTE.TXT 4.3.7, 4.3.12). */

export interface ZipMembers {
  /** Of those whose headers were in sight. */
  readonly names: readonly string[];
  /** Whether the file has its end. */
  readonly whole: boolean;
}

const MAX_NAME_BYTES = 1024;

/** Names in headers of one kind; `length` and `name` are where a header has its name's length and its name. */
const namesAt = (text: string, signature: string, length: number, name: number): readonly string[] => {
  const names: string[] = [];
  for (let at = text.indexOf(signature); at !== -1; at = text.indexOf(signature, at + 4)) {
    const bytes = text.charCodeAt(at + length) + 256 * text.charCodeAt(at + length + 1);
    if (bytes > 0 && bytes <= MAX_NAME_BYTES) names.push(text.slice(at + name, at + name + bytes));
  }
  return names;
};

export const zipMembers = (head: string, tail: string): ZipMembers => ({
  names: [...new Set([...namesAt(head, 'PK\x03\x04', 26, 30), ...namesAt(tail, 'PK\x01\x02', 28, 46)])],
  whole: tail.includes('PK\x05\x06'),
});
