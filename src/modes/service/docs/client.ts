/**
 * What the page does in the browser. The function is sent as text, so it uses nothing from outside itself; being
 * TypeScript here, it is checked like all else.
 */
export const client = (): void => {
  type Row = Record<string, unknown>;
  interface Problem {
    readonly code: string;
    readonly message: string;
    readonly field?: string;
  }
  interface Answer {
    readonly version?: string;
    readonly prediction?: Row;
    readonly error?: Problem;
  }

  const find = <T extends Element>(root: ParentNode, selector: string): T => {
    const found = root.querySelector<T>(selector);
    if (found === null) throw new Error(`the page has no ${selector}`);
    return found;
  };
  type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  const controlOf = (field: Element): Control => find<Control>(field, 'input, select, textarea');

  /** https://tc39.es/proposal-json-parse-with-source: a number goes as it was written, where the browser can do that. */
  const { rawJSON } = JSON as JSON & { readonly rawJSON?: (text: string) => unknown };
  type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;
  const asWritten: Reviver = (_key, value, context) =>
    typeof value === 'number' && rawJSON && context?.source !== undefined && context.source !== String(value)
      ? rawJSON(context.source)
      : value;
  const parse = (text: string): unknown => JSON.parse(text, asWritten as Parameters<typeof JSON.parse>[1]);

  const parsed = (reads: string | undefined, text: string): unknown => {
    if (text === '') return null;
    if (reads === 'boolean') return text === 'true';
    if (reads !== 'number' && reads !== 'json') return text;
    try {
      return parse(text);
    } catch {
      return reads === 'number' ? Number(text) : text;
    }
  };

  const element = (tag: string, className: string, text: string): HTMLElement => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const shown = (value: unknown): string => {
    if (typeof value === 'number')
      return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
    return typeof value === 'string' ? value : JSON.stringify(value);
  };

  for (const section of document.querySelectorAll<HTMLElement>('[data-model]')) {
    const model = section.dataset.model ?? '';
    const path = `/predict/${model}`;
    const form = find<HTMLFormElement>(section, 'form');
    const result = find<HTMLElement>(section, '.result');
    const body = find<HTMLElement>(section, '.sent');
    const answered = find<HTMLElement>(section, '.answered');
    const button = find<HTMLButtonElement>(form, 'button');
    const units = JSON.parse(section.dataset.units ?? '{}') as Record<string, string>;
    const examples = parse(find(section, 'script').textContent ?? '[]') as Row[];
    const fields = [...form.querySelectorAll<HTMLElement>('[data-field]')];

    const read = (): Row =>
      Object.fromEntries(
        fields.map((field) => [field.dataset.field ?? '', parsed(field.dataset.reads, controlOf(field).value)]),
      );
    const showRequest = (): void => {
      const json = JSON.stringify(read(), null, 2);
      body.textContent = `curl ${location.origin}${path} \\\n  -H 'content-type: application/json' \\\n  -d '${json.replaceAll("'", "'\\''")}'`;
    };
    const complain = (problem: Problem): void => {
      const field = fields.find((one) => one.dataset.field === problem.field);
      result.replaceChildren(element('p', 'code', problem.code), element('p', 'message', problem.message));
      result.dataset.state = 'refused';
      if (field === undefined) return;
      const place = find<HTMLElement>(field, '.problem');
      place.textContent = problem.message;
      place.hidden = false;
      field.classList.add('wrong');
      controlOf(field).focus();
    };
    const tell = ({ prediction = {}, version = '' }: Answer, ms: number): void => {
      const list = Object.entries(prediction).map(([name, value]) => {
        const line = element('div', 'output', '');
        const unit = units[name];
        line.append(element('span', 'name', name), element('span', 'value', shown(value)));
        if (unit !== undefined) line.append(element('span', 'unit', unit));
        return line;
      });
      result.dataset.state = 'answered';
      result.replaceChildren(...list, element('p', 'by', `${model}@${version} · ${ms.toFixed(1)} ms there and back`));
    };
    const predict = async (): Promise<void> => {
      for (const field of fields) {
        field.classList.remove('wrong');
        find<HTMLElement>(field, '.problem').hidden = true;
      }
      button.disabled = true;
      const began = performance.now();
      try {
        const response = await fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(read()),
        });
        const answer = parse(await response.text()) as Answer;
        const ms = performance.now() - began;
        answered.textContent = JSON.stringify(answer, null, 2);
        if (answer.error) complain(answer.error);
        else tell(answer, ms);
      } catch (error) {
        complain({ code: 'OFFLINE', message: `The service cannot be reached: ${String(error)}` });
      } finally {
        button.disabled = false;
      }
    };

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void predict();
    });
    form.addEventListener('input', showRequest);
    section.querySelector<HTMLSelectElement>('.examples')?.addEventListener('change', (event) => {
      const row = examples[Number((event.target as HTMLSelectElement).value)] ?? {};
      for (const field of fields) {
        const value = row[field.dataset.field ?? ''];
        const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
        const control = controlOf(field);
        if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === text)) {
          control.add(new Option(text));
        }
        control.value = text;
      }
      showRequest();
      void predict();
    });
    showRequest();
  }

  const light = find<HTMLElement>(document, '.light');
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
