/**
 * What the page does in the browser. Its parts are functions that are sent as text, so each uses nothing from outside
 * itself but what it is given; being TypeScript here, they are checked like all else.
 */
import { answerPanel, type PageAnswer, type PageProblem } from './answer-panel.ts';
import { type PageRow, type PageTools, pageTools } from './page-tools.ts';
import { rowFields } from './row-fields.ts';

interface Parts {
  readonly tools: PageTools;
  readonly rowFields: typeof rowFields;
  readonly answerPanel: typeof answerPanel;
}

/** One model: its form asks, and its panel shows what comes of it. */
const tryModel = (section: HTMLElement, { tools, rowFields, answerPanel }: Parts): void => {
  const { find, parse } = tools;
  const path = `/predict/${section.dataset.model}`;
  const form = find<HTMLFormElement>(section, 'form');
  const button = find<HTMLButtonElement>(form, 'button');
  const examples = parse(find(section, 'script').textContent ?? '[]') as readonly PageRow[];
  const fields = rowFields(form, tools);
  const panel = answerPanel(section, path, tools);

  const refuse = (problem: PageProblem): void => {
    panel.refused(problem);
    fields.blame(problem.field, problem.message);
  };
  const predict = async (): Promise<void> => {
    fields.clear();
    button.disabled = true;
    const began = performance.now();
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(fields.read()) });
      const answer = parse(await response.text()) as PageAnswer;
      const ms = performance.now() - began;
      panel.shows(answer);
      if (answer.error) refuse(answer.error);
      else panel.answered(answer, ms);
    } catch (error) {
      refuse({ code: 'OFFLINE', message: `The service cannot be reached: ${String(error)}` });
    } finally {
      button.disabled = false;
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void predict();
  });
  form.addEventListener('input', () => panel.asks(fields.read()));
  section.querySelector<HTMLSelectElement>('.examples')?.addEventListener('change', (event) => {
    fields.fill(examples[Number((event.target as HTMLSelectElement).value)] ?? {});
    panel.asks(fields.read());
    void predict();
  });
  panel.asks(fields.read());
};

/** Looks again and again whether the service is ready, and says so in `light`. */
const watchReady = (light: HTMLElement): void => {
  const look = async (): Promise<void> => {
    const ready = await fetch('/readyz').then(
      (response) => response.ok,
      () => false,
    );
    light.dataset.ready = String(ready);
    light.textContent = ready ? 'ready' : 'not ready';
  };
  void look();
  setInterval(() => void look(), 5000);
};

export const script = `{
const parts = { tools: (${pageTools})(), rowFields: ${rowFields}, answerPanel: ${answerPanel} };
for (const section of document.querySelectorAll('[data-model]')) (${tryModel})(section, parts);
(${watchReady})(parts.tools.find(document, '.light'));
}`;
