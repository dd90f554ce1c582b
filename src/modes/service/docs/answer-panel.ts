/** Beside the form: what is asked, as a line to copy, and what was answered. */
import type { PageRow, PageTools } from './page-tools.ts';

export interface PageProblem {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}
export interface PageAnswer {
  readonly version?: string;
  readonly prediction?: PageRow;
  readonly error?: PageProblem;
}

export interface AnswerPanel {
  /** The row as it would be asked now. */
  asks(row: PageRow): void;
  /** The whole answer, as JSON. */
  shows(answer: PageAnswer): void;
  /** A prediction, `ms` after it was asked for. */
  answered(answer: PageAnswer, ms: number): void;
  refused(problem: PageProblem): void;
}

/** Sent as text: it uses nothing from outside itself. */
export const answerPanel = (section: HTMLElement, path: string, { find, element }: PageTools): AnswerPanel => {
  const result = find<HTMLElement>(section, '.result');
  const request = find<HTMLElement>(section, '.sent');
  const whole = find<HTMLElement>(section, '.answered');
  const model = section.dataset.model ?? '';
  const units = JSON.parse(section.dataset.units ?? '{}') as Readonly<Record<string, string>>;

  const textOf = (value: unknown): string => {
    if (typeof value === 'number')
      return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const lineOf = ([name, value]: readonly [name: string, value: unknown]): HTMLElement => {
    const line = element('div', 'output', '');
    const unit = units[name];
    line.append(element('span', 'name', name), element('span', 'value', textOf(value)));
    if (unit !== undefined) line.append(element('span', 'unit', unit));
    return line;
  };

  return {
    asks(row) {
      const json = JSON.stringify(row, null, 2);
      request.textContent = `curl ${location.origin}${path} \\\n  -H 'content-type: application/json' \\\n  -d '${json.replaceAll("'", "'\\''")}'`;
    },
    shows(answer) {
      whole.textContent = JSON.stringify(answer, null, 2);
    },
    answered({ prediction = {}, version = '' }, ms) {
      const by = element('p', 'by', `${model}@${version} · ${ms.toFixed(1)} ms there and back`);
      result.dataset.state = 'answered';
      result.replaceChildren(...Object.entries(prediction).map(lineOf), by);
    },
    refused({ code, message }) {
      result.replaceChildren(element('p', 'code', code), element('p', 'message', message));
      result.dataset.state = 'refused';
    },
  };
};
