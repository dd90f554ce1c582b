/**
 * The sources without their words. Most pages have an answer to every row, and never read why something is refused; sentences, and
 * what goes into them, are a fifth of what such a page loads. Here they are left out by the way they stand in the sources, and by
 * nothing else: what is refused stays refused, and nobody can read why. Who asks that asks the sources as they are.
 */
import type { Plugin } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Text in place of what stands from one character to another. */
type Edit = readonly [from: number, to: number, text: string];

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;
const nodesOf = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
const nameOf = (value: unknown): unknown => (isNode(value) ? value.name : undefined);
const instead = ({ start, end }: Node, text: string): Edit => [start, end, text];

/** What a function makes that says by its type that it makes nothing but words. */
const SILENT: Readonly<Record<string, string>> = {
  Problem: '({})',
  Flaw: '({})',
  MillraceError: '({})',
  Complain: '() => ({})',
};

const silentFunction = ({ returnType, body }: Node): Edit | undefined => {
  const made =
    isNode(returnType) && isNode(returnType.typeAnnotation) ? nameOf(returnType.typeAnnotation.typeName) : '';
  const text = SILENT[String(made)];
  return text === undefined ? undefined : instead(body as Node, text);
};

const isMade = (value: unknown): boolean =>
  isNode(value) && /^(?:Call|New|Object|Conditional)Expression$/.test(value.type);

/** `throw fail(…)` and `batch.refuse(row, …)`: where their words begin and end, and what stands there instead. */
const silentStatement = (statement: Node): Edit | undefined => {
  if (statement.type === 'ThrowStatement' && isMade(statement.argument))
    return instead(statement.argument as Node, '0');
  const call = statement.type === 'ExpressionStatement' ? statement.expression : undefined;
  if (!isNode(call) || call.type !== 'CallExpression' || !isNode(call.callee)) return undefined;
  const [, problem] = nodesOf(call.arguments);
  return nameOf(call.callee.property) === 'refuse' && isMade(problem) ? instead(problem, '{}') : undefined;
};

/** Constants right before such a statement serve it alone. */
const servants = ({ body }: Node): readonly Edit[] => {
  const statements = nodesOf(body);
  return statements.flatMap((statement, at) => {
    if (silentStatement(statement) === undefined) return [];
    let first = at;
    while (first > 0 && statements[first - 1].kind === 'const') first--;
    return first === at ? [] : [[statements[first].start, statement.start, ''] as const];
  });
};

/** `description: '…'`, in a schema. */
const silentProperty = (node: Node): Edit | undefined =>
  nameOf(node.key) === 'description' && isNode(node.value) && node.value.type === 'Literal'
    ? instead(node, '...{}')
    : undefined;

const editAt = (node: Node): Edit | undefined => {
  if (node.type === 'ArrowFunctionExpression') return silentFunction(node);
  if (node.type === 'Property') return silentProperty(node);
  return silentStatement(node);
};

/** The outermost come before those within them. */
const editsIn = (value: unknown): readonly Edit[] => {
  if (Array.isArray(value)) return value.flatMap(editsIn);
  if (typeof value !== 'object' || value === null) return [];
  const edit = isNode(value) ? editAt(value) : undefined;
  if (edit !== undefined) return [edit];
  const within = Object.values(value).flatMap(editsIn);
  return isNode(value) && value.type === 'BlockStatement' ? [...servants(value), ...within] : within;
};

/** A module of TypeScript without its words. */
export const withoutWords = (code: string): string => {
  let text = '';
  let at = 0;
  for (const [from, to, what] of editsIn(parseAst(code, { lang: 'ts' })).toSorted(([a], [b]) => a - b)) {
    if (from < at) continue;
    text += code.slice(at, from) + what;
    at = to;
  }
  return text + code.slice(at);
};

/** `keeps` says which files keep their words, as they tell what nobody else can. */
export const wordless = (keeps: (id: string) => boolean): Plugin => ({
  name: 'no words',
  transform: (code, id) => (id.endsWith('.ts') && !keeps(id) ? withoutWords(code) : null),
});
