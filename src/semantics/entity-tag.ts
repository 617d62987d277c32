/** A validator that names one version of a representation (RFC9110§8.8.3). */
export interface EntityTag {
  /** Weak: equal tags mean an equivalent representation, not the same bytes (RFC9110§8.8.1). */
  readonly weak: boolean;
  /** What stands between the quotes, compared character by character, never interpreted. */
  readonly opaque: string;
}

/** What `If-Match` and `If-None-Match` carry: `*`, or a list of tags (RFC9110§13.1.1). */
export type EntityTagList = '*' | readonly EntityTag[];

/*
 * entity-tag = [ weak ] opaque-tag                 ; RFC9110§8.8.3
 * weak       = %s"W/"                              ; case-sensitive
 * opaque-tag = DQUOTE *etagc DQUOTE
 * etagc      = %x21 / %x23-7E / obs-text           ; no DQUOTE, no space; a backslash escapes nothing
 */
const ENTITY_TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y;
const LIST_GAP = /[ \t,]*/y;
const LIST_DELIMITER = /[ \t]*(?:,[ \t]*)+|[ \t]*$/y;

/**
 * Writes an entity tag as it stands in `ETag`.
 * @param tag `opaque` holds only etagc characters
 */
export function formatEntityTag(tag: EntityTag): string {
  return tag.weak ? `W/"${tag.opaque}"` : `"${tag.opaque}"`;
}

/**
 * Reads one entity tag, as in `ETag` or `If-Range`.
 * @returns `undefined` where the text is anything else, an unquoted tag included
 */
export function parseEntityTag(text: string): EntityTag | undefined {
  const tag = entityTagAt(text, 0);
  return tag !== undefined && ENTITY_TAG.lastIndex === text.length ? tag : undefined;
}

/**
 * Reads the value of `If-Match` or `If-None-Match`. Empty list elements are skipped (RFC9110§5.6.1.2); commas
 * inside the quotes belong to the tag.
 * @returns `undefined` where any element is not an entity tag: half a list could match what the whole does not mean
 */
export function parseEntityTagList(text: string): EntityTagList | undefined {
  if (text === '*') return '*';
  const tags: EntityTag[] = [];
  LIST_GAP.lastIndex = 0;
  LIST_GAP.exec(text);
  let index = LIST_GAP.lastIndex;
  while (index < text.length) {
    const tag = entityTagAt(text, index);
    if (tag === undefined) return undefined;
    LIST_DELIMITER.lastIndex = ENTITY_TAG.lastIndex;
    if (!LIST_DELIMITER.test(text)) return undefined;
    index = LIST_DELIMITER.lastIndex;
    tags.push(tag);
  }
  return tags.length === 0 ? undefined : tags;
}

/** Strong comparison: neither is weak and the opaque parts are equal (RFC9110§8.8.3.2). */
export function matchesStrongly(a: EntityTag, b: EntityTag): boolean {
  return !a.weak && !b.weak && a.opaque === b.opaque;
}

/** Weak comparison: the opaque parts are equal (RFC9110§8.8.3.2). */
export function matchesWeakly(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

/** Leaves the index behind the tag in `ENTITY_TAG.lastIndex`. */
function entityTagAt(text: string, index: number): EntityTag | undefined {
  ENTITY_TAG.lastIndex = index;
  const match = ENTITY_TAG.exec(text);
  return match === null ? undefined : { weak: match[1] !== undefined, opaque: match[2] ?? '' };
}
