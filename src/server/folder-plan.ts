import { realpathSync } from 'node:fs';
import { parseOrigins } from '#static/cors.ts';
import { type PathRule, parseCacheRules, parseFieldRules } from '#static/path-rule.ts';
import { SECURITY_FIELDS } from '#static/security-fields.ts';
import type { StaticOptions } from '#static/static-options.ts';
import { readServeJson, SERVE_JSON } from './serve-json.ts';
import type { Settings } from './serve-options.ts';
import type { SettledConfig } from './server-config.ts';
import { pathBelow } from './target-paths.ts';

/** How one folder is served: what options and its `serve.json` say together. Plain values, which can cross threads. */
export type FolderPlan = Omit<StaticOptions, 'notFoundPage' | 'fileCacheBytes' | 'compressed'>;

/**
 * Plans how a folder is served. What somebody has set goes before its `serve.json`, and that before defaults.
 * @param folder as an absolute path
 * @param config settled
 * @throws {HeddleError} `ERR_HEDDLE_SERVE_JSON`
 */
export function planFolder(folder: string, { settings, origins }: SettledConfig): FolderPlan {
  const { single, symlinks, listing, cors } = settings;
  const found = readServeJson(folder);
  const plan = {
    ...{ root: folder, single, symlinks, listing },
    // What needs a password is for no cache that others read too (RFC9111§3.5).
    isPrivate: settings.auth !== '',
    rules: [...presetRules(settings), ...(found?.rules ?? []), ...optionRules(settings)],
    origins: parseOrigins(String(cors)) ?? [],
  };
  if (found === undefined) return plan;
  const { root = folder, cleanUrls, trailingSlash, redirects, rewrites } = found;
  const { directoryListing, unlisted, renderSingle } = found;
  return {
    ...plan,
    root,
    listing:
      origins.listing === 'default' && trailingSlash !== false ? (directoryListing ?? listing) : listing,
    ...{ unlisted, onlyFile: renderSingle },
    symlinks: origins.symlinks === 'default' ? (found.symlinks ?? symlinks) : symlinks,
    hidden: found.root === undefined ? [SERVE_JSON] : [],
    urls: { cleanUrls, trailingSlash, redirects, rewrites },
  };
}

/**
 * Leaves files of the server's own out of a folder, where they lie in it.
 * @param plan of the folder
 * @param files absolute paths
 */
export function hideFiles(plan: FolderPlan, files: readonly string[]): FolderPlan {
  const root = realPath(plan.root);
  const inside = files.map((file) => pathBelow(root, realPath(file))).filter((path) => path !== undefined);
  return inside.length === 0 ? plan : { ...plan, hidden: [...(plan.hidden ?? []), ...inside] };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is not there is told elsewhere.
    return path;
  }
}

function presetRules({ securityHeaders }: Settings): PathRule[] {
  return securityHeaders ? [{ pattern: '**', fields: SECURITY_FIELDS }] : [];
}

function optionRules({ cache, headers }: Settings): PathRule[] {
  return [...(parseCacheRules(String(cache)) ?? []), ...(parseFieldRules(String(headers)) ?? [])];
}
