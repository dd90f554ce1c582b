/** What a graph needs of the machine that its texts are put in lower or upper case on, where that lacks it. Web-standard. */
import { fail, type MillraceError } from '../core/errors.ts';
import { nodeText, stringOf } from './onnx-node.ts';
import type { OnnxGraph } from './onnx-structure.ts';

/**
 * ONNX Runtime's refusal, told with the node, the locale and the lines that make it; undefined where it is another refusal.
 * The own runtime needs no locale.
 */
export const lackingLocale = ({ nodes }: OnnxGraph, refusal: string): MillraceError | undefined => {
  const [, locale] = /locale with name:\s*([\w.@-]+)/i.exec(refusal) ?? [];
  if (locale === undefined) return undefined;
  // A node that names none gets ONNX Runtime's own.
  const node = nodes.find((one) => one.op === 'StringNormalizer' && [locale, ''].includes(stringOf(one, 'locale')));
  if (node === undefined) return undefined;
  const [language] = locale.split('.');
  const message = `The model needs the locale ${locale}, which this machine lacks: ${nodeText(node)} changes the case of texts by it, and ONNX Runtime asks the machine for it.
  Debian, Ubuntu (as root; no restart is needed, and neither LANG nor LC_ALL):
      apt-get install -y locales && localedef -i ${language} -f UTF-8 ${locale}
  Red Hat, Fedora (as root): dnf install -y glibc-langpack-${locale.split('_')[0]}
  Alpine has no locales of glibc: take an image of Debian, such as node:24-slim.
  Or change the case before the model is asked (transform.ts), and export it without.`;
  return fail('BAD_MODEL', message, { expected: `the locale ${locale} on this machine`, got: refusal });
};
