import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isClassDeclaration,
  isExportAssignment,
  isExportDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isNewExpression,
  isPropertyAccessExpression,
  isTypeAliasDeclaration,
  isVariableStatement,
} from 'typescript/unstable/ast/is';
import { EMPTY_WORDS, FOLDER_RULES, MAX_LINES } from '../architecture-rules.ts';
import { lineOf, type ParsedSource, visitNodes } from './parse-sources.ts';

/** A file of more than `MAX_LINES` lines, as a sentence. */
export function sizeViolations(path: string, text: string): string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines > MAX_LINES ? [`${path}: ${lines} lines, at most ${MAX_LINES}`] : [];
}

/** `any`, compiler errors that are silenced, and default exports. */
export function typeEscapeViolations(source: ParsedSource): string[] {
  const violations: string[] = [];
  visitNodes(source.root, (node) => {
    if (node.kind === SyntaxKind.AnyKeyword) violations.push(at(source, node, 'any'));
    const isRenamed = node.kind === SyntaxKind.ExportSpecifier && /\bas default$/.test(node.getText());
    if (isExportAssignment(node) || node.kind === SyntaxKind.DefaultKeyword || isRenamed) {
      violations.push(at(source, node, 'default export'));
    }
  });
  const silenced = /@ts-(?:ignore|expect-error|nocheck)/.exec(source.text);
  return silenced === null ? violations : [...violations, `${source.path}: ${silenced[0]}`];
}

/** Exported names without a TSDoc comment directly before them, and lists of exports outside `src/index.ts`. */
export function documentationViolations(source: ParsedSource): string[] {
  const documented = new Set<string>();
  return source.root.statements.flatMap((statement) => {
    if (isExportDeclaration(statement)) {
      return source.path === 'src/index.ts' ? [] : [at(source, statement, 'export where it is declared')];
    }
    const name = exportedName(statement);
    // The overloads of a function share the comment over the first.
    if (name === undefined || documented.has(name)) return [];
    documented.add(name);
    const before = source.text.slice(statement.pos, statement.getStart(source.root));
    return /\*\/[ \t]*\n?[ \t]*$/.test(before) && before.lastIndexOf('/**') >= before.lastIndexOf('/*')
      ? []
      : [at(source, statement, `${name} has no TSDoc comment directly before it`)];
  });
}

/** What a pure folder may not touch: clocks, timers, the process, the console. */
export function purityViolations(source: ParsedSource): string[] {
  const names = FOLDER_RULES[source.path.split('/')[1] ?? '']?.forbiddenNames;
  if (names === undefined) return [];
  const violations: string[] = [];
  visitNodes(source.root, (node) => {
    if (isIdentifier(node) && names.includes(node.text) && !isPropertyName(node)) {
      violations.push(at(source, node, `${node.text} in a pure folder`));
    }
    if (readsClock(node)) violations.push(at(source, node, 'reads the clock in a pure folder'));
    if (node.kind === SyntaxKind.AsyncKeyword && names.includes('Promise')) {
      violations.push(at(source, node, 'async in a pure folder'));
    }
  });
  return violations;
}

/** File names and exported names that say nothing about what they hold. */
export function namingViolations(source: ParsedSource): string[] {
  const empty: readonly string[] = EMPTY_WORDS;
  const file = source.path.slice(source.path.lastIndexOf('/') + 1, -'.ts'.length);
  const word = file.split('-').find((part) => empty.includes(part));
  const violations = word === undefined ? [] : [`${source.path}: '${word}' says nothing in a file name`];
  for (const statement of source.root.statements) {
    const name = exportedName(statement);
    const ending = /(?:Data|Helpers?|Info|Manager|Utils?)$/.exec(name ?? '')?.[0];
    const isNoun = name !== undefined && /^[A-Z]/.test(name);
    if (isNoun && ending !== undefined)
      violations.push(at(source, statement, `${name}: '${ending}' says nothing`));
  }
  return violations;
}

function exportedName(statement: Node): string | undefined {
  if (isVariableStatement(statement)) {
    if (!hasExport(statement.modifiers)) return undefined;
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText()).join(', ');
  }
  const isNamed =
    isFunctionDeclaration(statement) ||
    isClassDeclaration(statement) ||
    isInterfaceDeclaration(statement) ||
    isTypeAliasDeclaration(statement);
  return isNamed && hasExport(statement.modifiers) ? (statement.name?.getText() ?? 'default') : undefined;
}

function hasExport(modifiers: readonly Node[] | undefined): boolean {
  return modifiers?.some((modifier) => modifier.kind === SyntaxKind.ExportKeyword) ?? false;
}

function isPropertyName(node: Node): boolean {
  const { parent } = node;
  if (isPropertyAccessExpression(parent)) return parent.name === node;
  const isMember =
    parent.kind === SyntaxKind.PropertyAssignment ||
    parent.kind === SyntaxKind.PropertySignature ||
    parent.kind === SyntaxKind.PropertyDeclaration ||
    parent.kind === SyntaxKind.MethodDeclaration ||
    parent.kind === SyntaxKind.MethodSignature;
  return isMember && 'name' in parent && parent.name === node;
}

function readsClock(node: Node): boolean {
  if (isNewExpression(node)) {
    return node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0;
  }
  return isCallExpression(node) && ['Date', 'Date.now'].includes(node.expression.getText());
}

function at(source: ParsedSource, node: Node, fault: string): string {
  return `${source.path}:${lineOf(source.root, node)}: ${fault}`;
}
