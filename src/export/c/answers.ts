/** From the graph's outputs to the answer (core/finish.ts). */
import { kindOf, labelsOf } from '../../core/kinds/index.ts';
import type { OutputField, OutputFields } from '../../core/types.ts';
import type { CText, Draft } from './draft.ts';
import { notExportable } from './refuse.ts';
import { double, identifiers } from './text.ts';
import type { CValue } from './values.ts';

const numberAnswer = (draft: Draft, to: string, x: string, name: string, field: OutputField): void => {
  const kind = kindOf(field);
  if (kind.column !== 'number') return;
  const { isWhole = false, limit = Number.MAX_VALUE, isNumber, isInstant } = kind;
  const value = draft.number(`(double)${x}`);
  const isTruth = !isNumber && !isInstant;
  draft.line(
    `${to} = ${isTruth ? `(int8_t)(${value} != 0.0)` : value};`,
    `if (!(fabs(${value}) <= ${double(limit)})) {`,
  );
  draft.line(field.nullable ? `  ${to} = ${isTruth ? '-1' : 'NAN'};` : `  ${draft.refusal('BAD_OUTPUT', name)}`);
  draft.line(
    ...(isWhole
      ? [
          `} else if (floor(${value}) != ${value}) {`,
          `  ${draft.refusal('BAD_OUTPUT', name)}`,
          `} else if (fabs(${value}) > 9007199254740991.0) {`,
          `  ${draft.refusal('UNSAFE_INTEGER', name)}`,
        ]
      : []),
    '}',
  );
};

const oneText = ({ name, pieces }: CText, what: string): string => {
  if (pieces !== 1) throw notExportable(`${what} is a text that would have to be put together`, { field: what });
  return `${name}[0]`;
};

const textAnswer = (draft: Draft, to: string, value: CValue, name: string, field: OutputField): void => {
  const { at = 0 } = field;
  const labels = labelsOf(field);
  if (value.texts) {
    const text = value.texts[at];
    draft.line(`${to} = ${oneText(text, name)};`);
    if (labels?.isOpen === false)
      draft.line(`if (${draft.find(text, labels.all)} < 0) ${draft.refusal('BAD_OUTPUT', name)}`);
    return;
  }
  const all = labels?.all ?? [];
  const place = draft.number(`(double)${value.name}[${at}]`);
  draft.line(
    `if (!(${place} >= 0.0 && ${place} < ${all.length}.0) || floor(${place}) != ${place}) ${draft.refusal('BAD_OUTPUT', name)}`,
    `${to} = ${draft.texts(all)}[(int32_t)${place}];`,
  );
};

/** Lines that fill the answer; the first output that its signature does not allow refuses the row. */
export const writeAnswers = (draft: Draft, outputs: OutputFields, values: ReadonlyMap<string, CValue>): void => {
  const members = identifiers(Object.keys(outputs));
  for (const [name, field] of Object.entries(outputs)) {
    const from = field.from ?? name;
    const value = values.get(from);
    if (value === undefined) throw notExportable(`nothing makes ${name}`, { field: name });
    const to = `answer->${members.get(name)}`;
    const kind = kindOf(field);
    draft.line('', `/* ${name.replaceAll('*/', '* /')} */`);
    if (kind.column === 'number') numberAnswer(draft, to, `${value.name}[${field.at ?? 0}]`, name, field);
    else if (kind.column === 'string') textAnswer(draft, to, value, name, field);
    else draft.line(`memcpy(${to}, ${value.name}, sizeof ${to});`);
  }
};
