/** Windows in paths and SQL: `{{ from | yyyy-MM }}` in both, `:from` and `:to` in SQL. */
import { fail } from '../core/errors.ts';
import { zoneOf } from '../core/zone.ts';
import type { Span } from './source.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** Parts of a date pattern (Unicode TR 35, the numeric ones). */
const parts: Readonly<Record<string, (local: Date) => string>> = {
  yyyy: (local) => String(local.getUTCFullYear()).padStart(4, '0'),
  MM: (local) => two(local.getUTCMonth() + 1),
  dd: (local) => two(local.getUTCDate()),
  HH: (local) => two(local.getUTCHours()),
  mm: (local) => two(local.getUTCMinutes()),
  ss: (local) => two(local.getUTCSeconds()),
};

/** An instant in a pattern such as `yyyy-MM-dd`, in a zone. What is not a part of a date stands for itself. */
export const formatInstant = (ms: number, zone: string, pattern: string): string => {
  const local = new Date(ms + zoneOf(zone).offset(ms));
  return pattern.replace(/yyyy|MM|dd|HH|mm|ss/g, (part) => parts[part](local));
};

const placeholder = /\{\{(.*?)\}\}/g;
const form = /^\s*(from|to)\s*(?:\|\s*(\S(?:.*\S)?)\s*)?$/;

export const hasPattern = (text: string): boolean => text.includes('{{');

/**
 * Fills in `{{ from }}` and `{{ to }}` with their patterns (`yyyy-MM-dd` unless given). A backslash before the braces keeps
 * them.
 *
 * @throws MillraceError BAD_PROJECT for another word in the braces, or when there is no window.
 */
export const fillPattern = (text: string, span: Span | undefined): string =>
  text.replace(placeholder, (whole, inside: string) => {
    const [, name, pattern = 'yyyy-MM-dd'] = form.exec(inside) ?? [];
    const expected = '{{ from | yyyy-MM-dd }} or {{ to | … }}, with yyyy, MM, dd, HH, mm, ss';
    if (name === undefined) throw fail('BAD_PROJECT', `${whole} is not a date of the window`, { expected, got: whole });
    if (!span) {
      throw fail('BAD_PROJECT', `${whole} needs a window: add window: day (or hour, week, month) to the deployment`, {
        expected: 'a deployment with a window',
        got: whole,
      });
    }
    if (!/^[-\w./: ]+$/.test(pattern))
      throw fail('BAD_PROJECT', `${whole} is not a date pattern`, { expected, got: whole });
    return formatInstant(name === 'from' ? span.from : span.to, span.zone, pattern);
  });

/** What SQL holds besides code: strings, quoted names, comments, dollar quotes (PostgreSQL), and casts. */
const token =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|::|:([A-Za-z_]\w*)/g;

/**
 * SQL with each `:name` replaced by what `textOf` says of it; strings, comments and casts (`::`) stay as they are.
 * `textOf` answers undefined for a name it does not know.
 *
 * @throws MillraceError BAD_PROJECT for an unknown name.
 */
export const fillParameters = (sql: string, textOf: (name: string) => string | undefined): string =>
  sql.replace(token, (whole, _tag: string | undefined, name: string | undefined) => {
    if (name === undefined) return whole;
    const value = textOf(name);
    if (value !== undefined) return value;
    throw fail('BAD_PROJECT', `The SQL has a parameter :${name} that has no value`, {
      expected:
        ':from, :to, :from_utc, :to_utc, :from_iso, :to_iso, :from_unix or :to_unix, in a deployment with a window',
      got: `:${name}`,
    });
  });

/** The query without what would end it: a user may write a semicolon at its end. */
export const bareQuery = (sql: string): string =>
  sql.trim().replace(/\s*;(?:\s|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*$/, '');
