import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { importError } from './import-error.ts';

/** So many modules are looked at: an app of more is looked at in part. */
const MOST_MODULES = 5_000;

const SPECIFIER = /(?:\bfrom|\bimport|\bimport\s*\()\s*(["'])(\.{0,2}\/[^"'\n]+)\1/g;

/**
 * Looks for TypeScript that Node cannot run, since it is no type that could be taken away: `enum`, `namespace` with values,
 * parameter properties, import aliases. All modules are looked at that a module reaches by relative imports, those too
 * that it imports later; of each the first fault is told, as Node tells it.
 * @param start the URL of a module
 * @returns one line for each fault, with file, line and what to write instead
 */
export function findUnerasable(start: URL): string[] {
  // A Node that transforms runs them all.
  if (process.features.typescript !== 'strip') return [];
  const faults: string[] = [];
  const reached = new Set([start.href]);
  for (const href of reached) {
    const source = readModule(href);
    if (source === undefined) continue;
    const fault = isTypeScript(href) ? unerasable(source, href) : undefined;
    if (fault !== undefined) faults.push(importError(fault, new URL(href)).message);
    for (const [, , specifier = ''] of source.matchAll(SPECIFIER)) {
      const url = URL.parse(specifier, href);
      if (url?.protocol === 'file:' && reached.size < MOST_MODULES) reached.add(url.href);
    }
  }
  return faults;
}

function isTypeScript(href: string): boolean {
  return /\.[cm]?ts$/.test(href) && !href.includes('/node_modules/');
}

/** One that is not there is missed by whoever loads it. */
function readModule(href: string): string | undefined {
  if (!/\.[cm]?[jt]s$/.test(href)) return undefined;
  try {
    return readFileSync(fileURLToPath(href), 'utf8');
  } catch {
    return undefined;
  }
}

function unerasable(source: string, href: string): unknown {
  const warn = process.emitWarning;
  // Node says that the function is new; to whoever checks an app that means nothing.
  process.emitWarning = () => undefined;
  try {
    stripTypeScriptTypes(source, { sourceUrl: href });
    return undefined;
  } catch (error) {
    const isUnerasable =
      error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
    return isUnerasable ? error : undefined;
  } finally {
    process.emitWarning = warn;
  }
}
