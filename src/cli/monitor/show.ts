/** `millrace monitor show`: the last window field by field, and what came before. */
import type { FieldJudgement } from '../../monitor/drift/judgement.ts';
import type { ShownDeployment, ShownReaction, WatchedJudgement } from '../../monitor/watch/standing.ts';
import { sentenceOn, stateOf } from '../../monitor/watch/standing-words.ts';
import { readMoment } from '../../registry/moment.ts';
import { barOf } from '../../terminal/bar.ts';
import { oneLine, shortTime } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { Cli } from '../command.ts';
import { usage } from '../usage.ts';
import { windowName } from './words.ts';

export interface ShowMonitorOptions {
  readonly since?: string;
  readonly window?: string;
  readonly field?: string;
  readonly json?: true;
}

const DAYS_MS = 14 * 86_400_000;
/** The effect at which a bar is full: large, in Cohen's words. */
const FULL_EFFECT = 0.5;
/** A field's effect in each window, the first one first: a dot where it was not judged. */
const sparkline = (windows: readonly WatchedJudgement[], field: string): string =>
  windows
    .map(({ seen: { judgement } }) => {
      const found = judgement?.state === 'few rows' ? undefined : judgement?.fields.find((one) => one.field === field);
      return barOf(found?.effect, FULL_EFFECT);
    })
    .join('');

const short = (value: number): number => Number(value.toPrecision(2));

const rowOf = (one: FieldJudgement, windows: readonly WatchedJudgement[]) => ({
  field: one.field,
  is: one.is,
  state: one.state,
  what: one.words,
  effect: short(one.effect),
  p: short(one.holmP),
  'effect so far': sparkline(windows, one.field),
});

const chosen = (windows: readonly WatchedJudgement[], wanted: string | undefined): WatchedJudgement | undefined => {
  if (wanted === undefined) return windows.at(-1);
  const found = windows.findLast((one) => one.window.from.startsWith(wanted) || windowName(one) === wanted);
  if (found !== undefined) return found;
  const expected =
    windows.length === 0 ? 'a window that was judged' : `one of ${windows.map(windowName).slice(-5).join(', ')}`;
  throw usage(`No window ${wanted} was judged`, expected, wanted);
};

const reactionLine = ({ what, at, outcome, problem, tries }: ShownReaction): string => {
  const came = outcome === undefined ? (problem?.message ?? 'not carried out yet') : outcome.sentence;
  const how = outcome === undefined ? `${tries} tries` : outcome.is;
  return `${shortTime(at)} ${what}: ${how}: ${oneLine(came)}`;
};

const tell = (shown: ShownDeployment, { window, field }: ShowMonitorOptions, terminal: Terminal): void => {
  const { deployment, windows, alerts, accepted, reactions } = shown;
  const one = chosen(windows, window);
  terminal.err(`${deployment}: ${stateOf(shown)} – ${sentenceOn(shown, new Date())}`);
  if (one !== undefined) {
    const { rows, refused, judgement } = one.seen;
    const beside = judgement === undefined ? '' : `, beside ${judgement.baseline} (${judgement.baselineRows} rows)`;
    terminal.err(`window ${windowName(one)}: ${rows} rows, ${refused} refused, version ${one.version}${beside}`);
    const fields = (judgement?.fields ?? []).filter((found) => field === undefined || found.field === field);
    if (fields.length > 0) terminal.table(fields.map((found) => rowOf(found, windows)));
    for (const { sentence } of one.findings) terminal.err(`- ${sentence}`);
  }
  for (const { words, rates } of shown.slo) {
    const burnt = rates.map(({ window, rate }) => `${window} ${short(rate)}`).join(', ');
    terminal.err(`objective ${words}: budget goes, in times what it may, ${burnt}`);
  }
  if (alerts.length > 0) {
    terminal.table(
      alerts.map(({ fingerprint, status, severity, sentence, started_at, resolved_at, acknowledged }) => ({
        alert: fingerprint,
        status,
        severity,
        began: shortTime(started_at),
        resolved: resolved_at && shortTime(resolved_at),
        acknowledged: oneLine(acknowledged?.by),
        what: sentence,
      })),
    );
  }
  for (const one of reactions) terminal.err(reactionLine(one));
  for (const { at, by, why } of accepted) terminal.err(`new normal since ${shortTime(at)}, by ${by}: ${oneLine(why)}`);
};

export const showMonitor = async (name: string, options: ShowMonitorOptions, { app, terminal, exit }: Cli) => {
  const since = options.since === undefined ? new Date(Date.now() - DAYS_MS) : readMoment(options.since, '--since');
  const shown = await (await (await app()).monitor()).show(name, since);
  if (options.json) terminal.json({ ...shown, accepted: shown.accepted.map(({ profile: _, ...rest }) => rest) });
  else tell(shown, options, terminal);
  if (shown.firing.length > 0) exit(1);
};
