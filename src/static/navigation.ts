import type { ConditionalRequest } from '#semantics/conditional.ts';

/** What an answer says that depends on {@link navigates} (RFC9110§12.5.5). */
export const NAVIGATION_VARY = 'sec-fetch-mode, accept';

/** A media range that HTML itself is named by; every client takes any type. */
const NAMES_HTML = /(?:^|[,\s])(?:text\/html|application\/xhtml\+xml)(?:$|[,;\s])/i;

/**
 * Whether a person goes to the page, rather than a page asking for a script, a picture or data: by what the browser says
 * (`Sec-Fetch-Mode`), else by whether HTML is asked for by name.
 * @param request any
 */
export function navigates(request: Pick<ConditionalRequest, 'field'>): boolean {
  const mode = request.field('sec-fetch-mode');
  return mode === undefined ? NAMES_HTML.test(request.field('accept') ?? '') : mode === 'navigate';
}
