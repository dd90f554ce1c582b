/** The fields of one model's form as a row: read, filled in, and blamed. `form.ts` has set the attributes read here. */
import type { PageControl, PageRow, PageTools } from './page-tools.ts';

export interface RowFields {
  read(): PageRow;
  fill(row: PageRow): void;
  /** Shows a problem beside the field that it names, if it is one of these. */
  blame(name: string | undefined, message: string): void;
  /** Nothing is wrong any more. */
  clear(): void;
}

/** Sent as text: it uses nothing from outside itself. */
export const rowFields = (form: HTMLFormElement, { find, parse }: PageTools): RowFields => {
  const fields = [...form.querySelectorAll<HTMLElement>('[data-field]')];
  const controlOf = (field: Element): PageControl => find<PageControl>(field, 'input, select, textarea');
  const problemOf = (field: Element): HTMLElement => find<HTMLElement>(field, '.problem');

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

  return {
    read: () =>
      Object.fromEntries(
        fields.map((field) => [field.dataset.field ?? '', parsed(field.dataset.reads, controlOf(field).value)]),
      ),
    fill(row) {
      for (const field of fields) {
        const value = row[field.dataset.field ?? ''];
        const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
        const control = controlOf(field);
        if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === text)) {
          control.add(new Option(text));
        }
        control.value = text;
      }
    },
    blame(name, message) {
      const field = fields.find((one) => one.dataset.field === name);
      if (field === undefined) return;
      const place = problemOf(field);
      place.textContent = message;
      place.hidden = false;
      field.classList.add('wrong');
      controlOf(field).focus();
    },
    clear() {
      for (const field of fields) {
        field.classList.remove('wrong');
        problemOf(field).hidden = true;
      }
    },
  };
};
