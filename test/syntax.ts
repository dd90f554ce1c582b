import { type Node, NodeFlags, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import {
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isClassDeclaration,
  isConstructorDeclaration,
  isEnumDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isGetAccessorDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isMethodDeclaration,
  isNumericLiteral,
  isParenthesizedExpression,
  isPrefixUnaryExpression,
  isPropertyAssignment,
  isStringLiteral,
  isTypeAliasDeclaration,
  isVariableDeclaration,
  isVariableStatement,
} from 'typescript/unstable/ast/is';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';
import type { Sources } from './modules.ts';

/** What the compiler's own parser sees in a file. */
export interface Syntax {
  /** All functions, outer before inner; the lines of an inner one are its outer one's too. */
  readonly functions: readonly { readonly name: string; readonly lines: number }[];
  /** The line of each `as unknown as`, from 1. */
  readonly casts: readonly number[];
  /** Types, interfaces, classes and enumerations that the file declares and exports. */
  readonly types: readonly string[];
  /** Constants of the module that are numbers or texts, or are reckoned from such. */
  readonly constants: readonly string[];
}

const PROJECT = '/sources';

const isFunction = (node: Node): boolean =>
  isArrowFunction(node) ||
  isFunctionDeclaration(node) ||
  isFunctionExpression(node) ||
  isMethodDeclaration(node) ||
  isConstructorDeclaration(node) ||
  isGetAccessorDeclaration(node);

/** A name of its own, or that of what it is given to; `(anonymous)` for an argument. */
const nameOf = (node: Node, file: SourceFile): string => {
  if (isConstructorDeclaration(node)) return 'constructor';
  for (const named of [node, node.parent]) {
    if (named !== node && !isVariableDeclaration(named) && !isPropertyAssignment(named)) continue;
    const { name } = named as { name?: Node };
    if (name !== undefined && (isIdentifier(name) || isStringLiteral(name))) return name.getText(file);
  }
  return '(anonymous)';
};

const bare = (node: Node): Node => (isParenthesizedExpression(node) ? bare(node.expression) : node);

/** A number or text, or what is reckoned from numbers alone. */
const isPlain = (node: Node): boolean =>
  isNumericLiteral(node) ||
  isStringLiteral(node) ||
  (isPrefixUnaryExpression(node) && isPlain(node.operand)) ||
  (isParenthesizedExpression(node) && isPlain(node.expression)) ||
  (isBinaryExpression(node) && isPlain(node.left) && isPlain(node.right));

const isExported = (node: Node): boolean =>
  ((node as { modifiers?: readonly Node[] }).modifiers ?? []).some(({ kind }) => kind === SyntaxKind.ExportKeyword);

const read = (file: SourceFile): Syntax => {
  const functions: { name: string; lines: number }[] = [];
  const casts: number[] = [];
  const types: string[] = [];
  const constants: string[] = [];
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: Node): void => {
    if (isFunction(node)) {
      functions.push({ name: nameOf(node, file), lines: lineOf(node.end) - lineOf(node.getStart(file)) + 1 });
    }
    if (isAsExpression(node) && isAsExpression(bare(node.expression))) casts.push(lineOf(node.getStart(file)));
    if (
      isTypeAliasDeclaration(node) ||
      isInterfaceDeclaration(node) ||
      isClassDeclaration(node) ||
      isEnumDeclaration(node)
    ) {
      if (isExported(node) && node.name !== undefined) types.push(node.name.getText(file));
    }
    node.forEachChild(visit);
  };
  file.forEachChild(visit);
  for (const statement of file.statements) {
    if (!isVariableStatement(statement) || !(statement.declarationList.flags & NodeFlags.Const)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer !== undefined && isPlain(initializer)) constants.push(name.getText(file));
    }
  }
  return { functions, casts, types, constants };
};

/** The syntax of every source file, by its path. One compiler reads them all, without resolving or checking anything. */
export const readSyntax = (sources: Sources): ReadonlyMap<string, Syntax> => {
  const files: Record<string, string> = {
    [`${PROJECT}/tsconfig.json`]: JSON.stringify({
      compilerOptions: { noLib: true, noResolve: true, types: [], allowImportingTsExtensions: true, noEmit: true },
      include: ['src'],
    }),
  };
  for (const [path, text] of sources) if (/\.tsx?$/.test(path)) files[`${PROJECT}/${path}`] = text;
  const api = new API({ cwd: PROJECT, fs: createVirtualFileSystem(files) });
  try {
    const program = api.updateSnapshot({ openProject: `${PROJECT}/tsconfig.json` }).getProjects()[0]?.program;
    const found = new Map<string, Syntax>();
    for (const path of Object.keys(files).filter((name) => name.endsWith('.ts') || name.endsWith('.tsx'))) {
      const file = program?.getSourceFile(path);
      if (file === undefined) throw new Error(`the compiler has not read ${path}`);
      found.set(path.slice(PROJECT.length + 1), read(file));
    }
    return found;
  } finally {
    api.close();
  }
};
