import { parseOrigins } from '#static/cors.ts';
import { parseCacheRules, parseFieldRules } from '#static/path-rule.ts';
import { SECURITY_FIELDS } from '#static/security-fields.ts';
import type { StaticOptions } from '#static/static-options.ts';
import type { Settings } from './serve-options.ts';

/**
 * What settings say of the answers of a folder.
 * @param settings read and checked
 */
export function folderRules(settings: Settings): Pick<StaticOptions, 'rules' | 'origins'> {
  const { cache, headers, securityHeaders, cors } = settings;
  const preset = securityHeaders ? [{ pattern: '**', fields: SECURITY_FIELDS }] : [];
  return {
    rules: [
      ...preset,
      ...(parseCacheRules(String(cache)) ?? []),
      ...(parseFieldRules(String(headers)) ?? []),
    ],
    origins: parseOrigins(String(cors)) ?? [],
  };
}
