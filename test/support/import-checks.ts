import { FOLDER_RULES, type FolderRule, PUBLIC_FACE } from '../architecture-rules.ts';
import type { ImportLine, ParsedSource } from './parse-sources.ts';

const FACE = 'src/index.ts';

/** Every import of a file of `src/` that its folder's rule does not allow, one sentence each. */
export function importViolations(source: ParsedSource): string[] {
  const folder = folderOf(source.path);
  const rule = source.path === FACE ? PUBLIC_FACE : FOLDER_RULES[folder];
  if (rule === undefined) return [`${source.path}: folder ${folder} has no row in architecture-rules.ts`];
  return source.imports.flatMap((line) => {
    const fault = faultOf(line, rule, source.path);
    return fault === undefined ? [] : [`${source.path}:${line.line}: ${fault}`];
  });
}

/** Every circle of files that import each other, as a path that ends where it began. */
export function importCycles(sources: readonly ParsedSource[]): string[] {
  const graph = new Map(sources.map((source) => [source.path, new Set(targetsOf(source))]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const follow = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || finished.has(path)) return;
    for (const target of graph.get(path) ?? []) follow(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) follow(path, []);
  return cycles;
}

/** Where the table contradicts itself: an import that does not go down, or to a folder that it does not know. */
export function tableFaults(rules: Readonly<Record<string, FolderRule>>): string[] {
  return Object.entries(rules).flatMap(([name, rule]) =>
    rule.folders
      .filter((target) => (rules[target]?.rank ?? Number.POSITIVE_INFINITY) >= rule.rank)
      .map((target) => `${name} (rank ${rule.rank}) may import ${target}, which is not below it`),
  );
}

function faultOf({ form, specifier }: ImportLine, rule: FolderRule, path: string): string | undefined {
  if (form === 'url') return `new URL('${specifier}') is not rewritten by the build: use import.meta.resolve`;
  if (specifier === undefined) {
    return rule.importsApps || form === 'resolve' ? undefined : 'imports a module known at run time only';
  }
  if (form === 'resolve' && specifier.startsWith('.')) {
    return `import.meta.resolve('${specifier}') is not rewritten by the build: name it #folder/x.ts`;
  }
  if (specifier.startsWith('.')) return relativeFault(specifier, path);
  if (specifier.startsWith('#')) return crossFault(specifier, form, rule, folderOf(path));
  if (specifier.startsWith('node:') || form === 'builtin') return nodeFault(specifier, rule, path);
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return rule.packages?.includes(name) ? undefined : `${folderOf(path)} may not import ${specifier}`;
}

function relativeFault(specifier: string, path: string): string | undefined {
  const pattern = path === FACE ? /^#/ : /^\.\/[a-z0-9-]+\.ts$/;
  return pattern.test(specifier) ? undefined : `${specifier} is neither ./x.ts nor #folder/x.ts`;
}

function crossFault(
  specifier: string,
  form: ImportLine['form'],
  rule: FolderRule,
  folder: string,
): string | undefined {
  const target = /^#([a-z0-9]+)\/[a-z0-9-]+\.ts$/.exec(specifier)?.[1];
  if (target === undefined) return `${specifier} is neither ./x.ts nor #folder/x.ts`;
  if (target === folder)
    return form === 'resolve' ? undefined : `${specifier} is in the same folder: write ./`;
  return rule.folders.includes(target) ? undefined : `${folder} may not import ${target} (${specifier})`;
}

function nodeFault(specifier: string, rule: FolderRule, path: string): string | undefined {
  const name = specifier.replace(/^node:/, '').split('/')[0] ?? '';
  const allowed =
    'anyBut' in rule.node
      ? !rule.node.anyBut.includes(name)
      : rule.node.includes(name) || rule.nodeInFile?.[fileOf(path)]?.includes(name);
  return allowed ? undefined : `${path.split('/').slice(1).join('/')} may not import node:${name}`;
}

/** `import.meta.resolve` is left out: it names another thread's entry, which is loaded there. */
function targetsOf(source: ParsedSource): string[] {
  return source.imports.flatMap(({ form, specifier }) => {
    if (specifier === undefined || form === 'resolve') return [];
    if (specifier.startsWith('#')) return [`src/${specifier.slice(1)}`];
    return specifier.startsWith('./') ? [`src/${folderOf(source.path)}/${specifier.slice(2)}`] : [];
  });
}

function folderOf(path: string): string {
  return path.split('/').slice(1, -1).join('/');
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
