/** What every part of the page's script needs: elements, and JSON whose numbers stay as they were written. */
export type PageRow = Readonly<Record<string, unknown>>;
export type PageControl = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export interface PageTools {
  /** The page holds one, or is not this page. */
  find<T extends Element>(root: ParentNode, selector: string): T;
  element(tag: string, className: string, text: string): HTMLElement;
  parse(text: string): unknown;
}

/** Sent as text: it uses nothing from outside itself. */
export const pageTools = (): PageTools => {
  /** https://tc39.es/proposal-json-parse-with-source: a number goes as it was written, where the browser can do that. */
  const { rawJSON } = JSON as JSON & { readonly rawJSON?: (text: string) => unknown };
  type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;
  const asWritten: Reviver = (_key, value, context) =>
    typeof value === 'number' && rawJSON && context?.source !== undefined && context.source !== String(value)
      ? rawJSON(context.source)
      : value;

  return {
    find<T extends Element>(root: ParentNode, selector: string): T {
      const found = root.querySelector<T>(selector);
      if (found === null) throw new Error(`the page has no ${selector}`);
      return found;
    },
    element(tag, className, text) {
      const made = document.createElement(tag);
      made.className = className;
      made.textContent = text;
      return made;
    },
    parse: (text) => JSON.parse(text, asWritten as Parameters<typeof JSON.parse>[1]),
  };
};
