/** The bytes that a value of an image field stands for. Web-standard. */
import { fail } from '../core/errors.ts';

const DATA_URL = /^data:([^,;]*)(?:;[^,]*)?;base64,/;

/** @throws BAD_IMAGE for a text that is neither base64 (of either alphabet) nor a data URL of it */
export const fileOf = (value: string): Uint8Array => {
  const [prefix = ''] = DATA_URL.exec(value.slice(0, 200)) ?? [];
  const text = value.slice(prefix.length).trim().replaceAll('-', '+').replaceAll('_', '/');
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    const expected = 'an image as base64 or a data URL';
    const got = value.startsWith('data:') ? 'a data URL without base64' : 'a text that is no base64';
    throw fail('BAD_IMAGE', `Expected ${expected}, got ${got}.`, { expected, got });
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
};
