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

/** What a function makes instead that says by its type that it makes nothing but words. */
const SILENT: Readonly<Record<string, string>> = {
  Problem: '({})',
  Flaw: '({})',
  MillraceError: '({})',
  Complain: '() => ({})',
};

const typeNameOf = (annotation: unknown): string =>
  isNode(annotation) && isNode(annotation.typeAnnotation) ? String(nameOf(annotation.typeAnnotation.typeName)) : '';

const silentFunction = ({ returnType, body }: Node): Edit | undefined => {
  const text = SILENT[typeNameOf(returnType)];
  return text === undefined ? undefined : instead(body as Node, text);
};

/** What a module has no need to say. */
interface Silence {
  /** Functions that are told words. */
  readonly functions: readonly unknown[];
  /** Properties that nobody asks for. */
  readonly properties: readonly string[];
}

/** Functions that say in words what they are given. */
const SAYERS: readonly unknown[] = ['show', 'showNames'];

const silentCall = (call: Node, { functions }: Silence): Edit | undefined => {
  if (SAYERS.includes(nameOf(call.callee))) return instead(call, "''");
  const words = nodesOf(call.arguments);
  if (words.length === 0 || !functions.includes(nameOf(call.callee))) return undefined;
  return [words[0].start, words[words.length - 1].end, ''];
};

const isMade = (value: unknown): boolean =>
  isNode(value) && /^(?:Call|New|Object|Conditional)Expression$/.test(value.type);

/**
 * `throw fail(…)`, `batch.refuse(row, …)`, and what is returned of a function that is told words: where those begin and end, and what
 * stands there instead.
 */
const silentStatement = (statement: Node, silence: Silence): Edit | undefined => {
  if (
    statement.type === 'ReturnStatement' &&
    isNode(statement.argument) &&
    statement.argument.type === 'CallExpression'
  )
    return silentCall(statement.argument, silence);
  if (statement.type === 'ThrowStatement' && isMade(statement.argument))
    return instead(statement.argument as Node, '0');
  const call = statement.type === 'ExpressionStatement' ? statement.expression : undefined;
  if (!isNode(call) || call.type !== 'CallExpression' || !isNode(call.callee)) return undefined;
  const [, problem] = nodesOf(call.arguments);
  return nameOf(call.callee.property) === 'refuse' && isMade(problem) ? instead(problem, '{}') : undefined;
};

/** Constants right before such a statement serve it alone. */
const servants = ({ body }: Node, silence: Silence): readonly Edit[] => {
  const statements = nodesOf(body);
  return statements.flatMap((statement, at) => {
    if (silentStatement(statement, silence) === undefined) return [];
    let first = at;
    while (first > 0 && statements[first - 1].kind === 'const') first--;
    return first === at ? [] : [[statements[first].start, statement.start, ''] as const];
  });
};

/** By name: functions of a module that make nothing but words, and need nothing for that. */
const silentNames = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value.flatMap(silentNames);
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.values(value).flatMap(silentNames);
  if (!isNode(value)) return within;
  const { init, typeAnnotation } = value;
  const isSilent =
    (isNode(init) && init.type === 'ArrowFunctionExpression' && silentFunction(init) !== undefined) ||
    (value.type === 'Identifier' && typeNameOf(typeAnnotation) === 'Complain');
  return isSilent ? [nameOf(value.type === 'Identifier' ? value : value.id), ...within] : within;
};

/** `description: '…'`, in a schema, is for people. */
const isUnasked = ({ key, value }: Node, { properties }: Silence): boolean => {
  const name = String(nameOf(key));
  return properties.includes(name) || (name === 'description' && isNode(value) && value.type === 'Literal');
};

const editAt = (node: Node, silence: Silence): Edit | undefined => {
  if (node.type === 'ArrowFunctionExpression') return silentFunction(node);
  if (node.type === 'CallExpression') return silentCall(node, silence);
  if (node.type === 'Property') return isUnasked(node, silence) ? instead(node, '...{}') : undefined;
  return silentStatement(node, silence);
};

/** The outermost come before those within them. */
const editsIn = (value: unknown, silence: Silence): readonly Edit[] => {
  if (Array.isArray(value)) return value.flatMap((one) => editsIn(one, silence));
  if (typeof value !== 'object' || value === null) return [];
  const edit = isNode(value) ? editAt(value, silence) : undefined;
  if (edit !== undefined) return [edit];
  const within = Object.values(value).flatMap((one) => editsIn(one, silence));
  return isNode(value) && value.type === 'BlockStatement' ? [...servants(value, silence), ...within] : within;
};

/** A module of TypeScript without its words, and without properties that nobody asks for. */
export const withoutWords = (code: string, properties: readonly string[] = []): string => {
  const program = parseAst(code, { lang: 'ts' });
  const silence = { functions: silentNames(program), properties };
  let text = '';
  let at = 0;
  for (const [from, to, what] of editsIn(program, silence).toSorted(([a], [b]) => a - b)) {
    if (from < at) continue;
    text += code.slice(at, from) + what;
    at = to;
  }
  return text + code.slice(at);
};

/** `unasked` says of which properties a file has no need; a file of which it says undefined keeps its words. */
export const wordless = (unasked: (id: string) => readonly string[] | undefined): Plugin => ({
  name: 'no words',
  transform(code, id) {
    const properties = id.endsWith('.ts') ? unasked(id) : undefined;
    return properties && withoutWords(code, properties);
  },
});
