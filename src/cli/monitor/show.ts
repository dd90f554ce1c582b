/** `millrace monitor show`: the last window field by field, and what came before. */
import type { FieldJudgement } from '../../monitor/drift/judgement.ts';
import { assumptionOf, performanceRows } from '../../monitor/watch/performance-words.ts';
import type { ShownDeployment, WatchedJudgement } from '../../monitor/watch/standing.ts';
import { repeatedWords, sentenceOn, stateOf, windowName } from '../../monitor/watch/standing-words.ts';
import { reactionLine } from '../../reactions/reaction-words.ts';
import { readMoment } from '../../registry/moment.ts';
import { sparkline } from '../../terminal/bar.ts';
import { oneLine, shortTime } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { Cli } from '../command.ts';
import { usage } from '../usage.ts';
import { tellDistribution } from './distribution.ts';

export interface ShowMonitorOptions {
  readonly since?: string;
  readonly window?: string;
  readonly field?: string;
  readonly json?: true;
}

const DAYS_MS = 14 * 86_400_000;
/** The effect at which a bar is full: large, in Cohen's words. */
const FULL_EFFECT = 0.5;
/** A field's effect in each window, the first one first. */
const effectsOf = (windows: readonly WatchedJudgement[], field: string): readonly (number | undefined)[] =>
  windows.map(({ seen: { judgement } }) =>
    judgement?.state === 'few rows' ? undefined : judgement?.fields.find((one) => one.field === field)?.effect,
  );

const short = (value: number): number => Number(value.toPrecision(2));

const rowOf = (one: FieldJudgement, windows: readonly WatchedJudgement[]) => ({
  field: one.field,
  is: one.is,
  state: one.state,
  what: one.words,
  effect: short(one.effect),
  p: short(one.holmP),
  'effect so far': sparkline(effectsOf(windows, one.field), FULL_EFFECT),
});

const chosen = (windows: readonly WatchedJudgement[], wanted: string | undefined): WatchedJudgement | undefined => {
  if (wanted === undefined) return windows.at(-1);
  const found = windows.findLast((one) => one.window.from.startsWith(wanted) || windowName(one) === wanted);
  if (found !== undefined) return found;
  const expected =
    windows.length === 0 ? 'a window that was judged' : `one of ${windows.map(windowName).slice(-5).join(', ')}`;
  throw usage(`No window ${wanted} was judged`, expected, wanted);
};

const tell = (
  shown: ShownDeployment,
  one: WatchedJudgement | undefined,
  { field }: ShowMonitorOptions,
  terminal: Terminal,
): void => {
  const { deployment, windows, alerts, accepted, reactions } = shown;
  terminal.err(`${deployment}: ${stateOf(shown)} – ${sentenceOn(shown, new Date())}`);
  if (one !== undefined) {
    const { rows, refused, judgement } = one.seen;
    const beside = judgement === undefined ? '' : `, beside ${judgement.baseline} (${judgement.baselineRows} rows)`;
    terminal.err(`window ${windowName(one)}: ${rows} rows, ${refused} refused, version ${one.version}${beside}`);
    const repeated = repeatedWords(one.seen.ids);
    if (repeated !== undefined) terminal.err(repeated);
    const fields = (judgement?.fields ?? []).filter((found) => field === undefined || found.field === field);
    if (fields.length > 0) terminal.table(fields.map((found) => rowOf(found, windows)));
    for (const { sentence } of one.findings) terminal.err(`- ${sentence}`);
  }
  const right = performanceRows(shown.performances);
  if (right.length > 0 && field === undefined) terminal.table(right);
  const assumes = assumptionOf(shown.performances);
  if (assumes !== undefined && field === undefined) terminal.err(`┄┄ ${assumes}`);
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
  for (const one of reactions) terminal.err(`${shortTime(one.at)} ${oneLine(reactionLine(one))}`);
  for (const { at, by, why } of accepted) terminal.err(`new normal since ${shortTime(at)}, by ${by}: ${oneLine(why)}`);
};

export const showMonitor = async (name: string, options: ShowMonitorOptions, { app, terminal, exit }: Cli) => {
  const since = options.since === undefined ? new Date(Date.now() - DAYS_MS) : readMoment(options.since, '--since');
  const monitor = await (await app()).monitor();
  const shown = await monitor.show(name, since);
  const one = chosen(shown.windows, options.window);
  const wanted = one === undefined || options.field === undefined ? [] : await monitor.distributions(one);
  const distributions = wanted.filter(({ field }) => field === options.field);
  if (options.json) {
    const accepted = shown.accepted.map(({ profile: _, ...rest }) => rest);
    terminal.json({ ...shown, accepted, window: one, ...(options.field !== undefined && { distributions }) });
  } else {
    tell(shown, one, options, terminal);
    for (const found of distributions) tellDistribution(found, terminal);
  }
  if (shown.firing.length > 0) exit(1);
};
