/** A key, as its list shows it, and what one may be. */
import { fail, show } from '../core/errors.ts';
import { type Role, roles } from './principal.ts';

export interface Key {
  readonly id: string;
  /** How histories name who comes with it. */
  readonly name: string;
  readonly role: Role;
  /** Patterns of models' names, in which `*` stands for any characters. */
  readonly models: readonly string[];
  /** Calls and rows that it may have a second; as many as it likes unless given. */
  readonly calls?: number | undefined;
  readonly rows?: number | undefined;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt?: string | undefined;
  readonly revokedAt?: string | undefined;
  readonly revokedBy?: string | undefined;
  /** The last day on which it was used. */
  readonly usedOn?: string | undefined;
}

/** A key that is asked for. */
export interface AskedKey {
  readonly role: string;
  /** Its id unless given. */
  readonly name?: string | undefined;
  /** All models unless given. */
  readonly models?: readonly string[] | undefined;
  readonly calls?: number | undefined;
  readonly rows?: number | undefined;
  /** ISO 8601; it never expires unless given. */
  readonly expiresAt?: string | undefined;
}

const MOST_PATTERNS = 100;
const PATTERN = /^[a-zA-Z0-9._*-]{1,100}$/;
const NAME = /^[\w.@+ -]{1,100}$/;
const MOST_A_SECOND = 1e9;

const bad = (what: string, expected: string, got: unknown) =>
  fail('BAD_KEY', `${what}: expected ${expected}, got ${show(got)}`, { expected, got: show(got) });

const roleIn = (text: unknown): Role => {
  const role = roles.find((one) => one === text);
  if (role === undefined) throw bad('role', roles.join(', '), text);
  return role;
};

const checkRate = (what: string, rate: unknown): void => {
  if (rate === undefined || (Number.isInteger(rate) && Number(rate) >= 1 && Number(rate) <= MOST_A_SECOND)) return;
  throw bad(what, 'a whole number from 1 a second', rate);
};

/** What was asked for, all of it as it may be. @throws BAD_KEY */
export const checkedKey = (
  { role, name, models = ['*'], calls, rows, expiresAt }: AskedKey,
  now: Date,
): Omit<AskedKey, 'role' | 'models'> & Pick<Key, 'role' | 'models'> => {
  const isList = Array.isArray(models) && models.length > 0 && models.length <= MOST_PATTERNS;
  const strange = isList ? models.find((model) => typeof model !== 'string' || !PATTERN.test(model)) : models;
  if (strange !== undefined) throw bad('models', 'names, in which * stands for any characters', strange);
  if (name !== undefined && !(typeof name === 'string' && NAME.test(name))) {
    throw bad('name', 'a name of letters, digits, spaces and . _ @ + -', name);
  }
  checkRate('calls', calls);
  checkRate('rows', rows);
  if (expiresAt !== undefined && !(new Date(expiresAt) > now)) throw bad('expires', 'a time to come', expiresAt);
  const end = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  return { role: roleIn(role), name, models, calls, rows, expiresAt: end };
};

/** Whether a model's name is among those that patterns mean. */
export const createScope = (patterns: readonly string[]): ((model: string) => boolean) => {
  if (patterns.includes('*')) return () => true;
  const escaped = patterns.map((pattern) => pattern.replace(/[.]/g, '\\.').replace(/\*+/g, '.*'));
  const known = new RegExp(`^(?:${escaped.join('|')})$`);
  return (model) => known.test(model);
};
