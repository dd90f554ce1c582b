/** Which window is meant: by who asks for a run, or by a run that is to go on. */
import { fail } from '../../core/errors.ts';
import type { BatchDeployment } from './deployment.ts';
import type { Run } from './types.ts';
import { lastWhole, type Window, windowAt, windowNamed } from './window.ts';

/** The window that a request means. @throws MillraceError USAGE. */
export const requestedWindow = (
  deployment: BatchDeployment,
  text: string | undefined,
  now: Date,
): Window | undefined => {
  const { window, zone, name } = deployment;
  if (window === undefined) {
    if (text === undefined) return undefined;
    throw fail('USAGE', `${name} has no windows: it always scores all of its source`, {
      field: '--window',
      expected: 'no --window, or a window: in the deployment',
      got: text,
    });
  }
  return text === undefined ? lastWhole(window, zone, now.getTime()) : windowNamed(window, zone, text);
};

export const isOver = ({ to }: Window, now: Date): boolean => to <= now.getTime();
/** Rows of a window may come until its end, and a finished one is left alone: theirs would never be predicted. */
export const notOver = (name: string, { kind, zone, to, label }: Window, now: Date, field: string) =>
  fail(
    'USAGE',
    `${name} ${label} is not over before ${new Date(to).toISOString().replace('.000Z', 'Z')}, and rows may come until then`,
    {
      field,
      expected: `a window that is over; the last one is ${lastWhole(kind, zone, now.getTime()).label}`,
      got: label,
    },
  );

/** The window of a run that is to go on or to be retried. */
export const windowOf = ({ window, zone }: BatchDeployment, run: Run): Window | undefined =>
  window === undefined || run.window === undefined ? undefined : windowAt(window, zone, Date.parse(run.window.from));
