import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isMetaProperty,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isStringLiteral,
} from 'typescript/unstable/ast/is';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

/** How a module names another one. */
export type ImportForm = 'static' | 'type' | 'dynamic' | 'resolve' | 'builtin' | 'url';

/** One place where a file names a module. */
export interface ImportLine {
  readonly form: ImportForm;
  /** What stands between the quotes; undefined where it is known at run time only. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/** One parsed source file. */
export interface ParsedSource {
  /** From the root, with slashes: `src/net/listener.ts`. */
  readonly path: string;
  readonly text: string;
  readonly root: SourceFile;
  readonly imports: readonly ImportLine[];
}

/**
 * Parses TypeScript with the compiler's own parser; nothing is type-checked and no file is read.
 * @param files texts by path from the root
 */
export function parseSources(files: Readonly<Record<string, string>>): ParsedSource[] {
  const config = {
    compilerOptions: { noLib: true, noResolve: true, types: [], noEmit: true },
    include: ['**/*'],
  };
  const virtual: Record<string, string> = { '/root/tsconfig.json': JSON.stringify(config) };
  for (const [path, text] of Object.entries(files)) virtual[`/root/${path}`] = text;
  const api = new API({ fs: createVirtualFileSystem(virtual), cwd: '/root' });
  try {
    const project = api.updateSnapshot({ openProjects: ['/root/tsconfig.json'] }).getProjects()[0];
    return Object.entries(files).map(([path, text]) => {
      const root = project?.program.getSourceFile(`/root/${path}`);
      if (root === undefined) throw new Error(`The compiler did not parse ${path}.`);
      return { path, text, root, imports: importsOf(root) };
    });
  } finally {
    api.close();
  }
}

/** Calls `visit` for every node of a file, parents first. */
export function visitNodes(root: Node, visit: (node: Node) => void): void {
  visit(root);
  root.forEachChild((child) => visitNodes(child, visit));
}

/** The line of a node's first character, from 1. */
export function lineOf(root: SourceFile, node: Node): number {
  return root.text.slice(0, node.getStart(root)).split('\n').length;
}

function importsOf(root: SourceFile): ImportLine[] {
  const lines: ImportLine[] = [];
  visitNodes(root, (node) => {
    const found = importAt(node);
    if (found !== undefined) lines.push({ ...found, line: lineOf(root, node) });
  });
  return lines;
}

function importAt(node: Node): Omit<ImportLine, 'line'> | undefined {
  if (isImportDeclaration(node)) {
    const typeOnly = node.importClause?.phaseModifier === SyntaxKind.TypeKeyword;
    return { form: typeOnly ? 'type' : 'static', specifier: textOf(node.moduleSpecifier) };
  }
  if (isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { form: node.isTypeOnly ? 'type' : 'static', specifier: textOf(node.moduleSpecifier) };
  }
  if (isImportTypeNode(node)) {
    const { argument } = node;
    return { form: 'type', specifier: isLiteralTypeNode(argument) ? textOf(argument.literal) : undefined };
  }
  if (isCallExpression(node)) return importCall(node.expression, node.arguments[0]);
  if (isNewExpression(node)) {
    const specifier = textOf(node.arguments?.[0]);
    const isUrl = node.expression.getText() === 'URL';
    return isUrl && specifier?.endsWith('.ts') ? { form: 'url', specifier } : undefined;
  }
  return undefined;
}

function importCall(callee: Node, argument: Node | undefined): Omit<ImportLine, 'line'> | undefined {
  const specifier = textOf(argument);
  if (callee.kind === SyntaxKind.ImportKeyword) return { form: 'dynamic', specifier };
  if (!isPropertyAccessExpression(callee)) return undefined;
  if (callee.name.text === 'getBuiltinModule') return { form: 'builtin', specifier };
  const isResolve = callee.name.text === 'resolve' && isMetaProperty(callee.expression);
  return isResolve ? { form: 'resolve', specifier } : undefined;
}

function textOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  return isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node) ? node.text : undefined;
}
