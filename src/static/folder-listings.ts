import { createHash } from 'node:crypto';
import { errorReply } from '#exchange/error-reply.ts';
import type { Reply } from '#exchange/reply.ts';
import { preferredType } from '#semantics/accept.ts';
import { type ConditionalRequest, evaluatePreconditions } from '#semantics/conditional.ts';
import { type EntityTag, formatEntityTag } from '#semantics/entity-tag.ts';
import { REVALIDATE } from './cache-control.ts';
import { readFolder } from './folder-entries.ts';
import { drawPage, hrefOf, isoTime, LISTING_POLICY, type Listing } from './listing-page.ts';
import type { FileOpener } from './open-file.ts';
import type { OpenFolder } from './open-folder.ts';
import { inSlices } from './time-slices.ts';
import { isNameable } from './url-path.ts';

/** What a listing can be sent as; a client that wants neither gets the first (RFC9110§12.4.1). */
const TYPES = ['text/html', 'application/json'] as const;
type ListingType = (typeof TYPES)[number];

/** A listing ready to be sent. */
interface DrawnListing {
  readonly type: ListingType;
  readonly content: Uint8Array;
  /** Of the content itself, and so strong. */
  readonly entityTag: EntityTag;
}

/** So many folders wait to be read, each with its descriptors open. */
const MOST_WAITING = 32;

/**
 * The listings of the folders of a site. One folder is read at a time in each thread: with each one more that is read
 * beside it, every other request would wait longer.
 */
export class FolderListings {
  readonly #opener: FileOpener;
  readonly #isListed: (name: string, folder: string) => boolean;
  /** Those that nobody has begun to read: all who ask for one share it. */
  readonly #waiting = new Map<string, Promise<DrawnListing>>();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param opener of the root
   * @param isListed whether a name is to be seen, by the relative path of its folder too
   */
  constructor(opener: FileOpener, isListed: (name: string, folder: string) => boolean = () => true) {
    this.#opener = opener;
    this.#isListed = isListed;
  }

  /**
   * Answers GET or HEAD with what is in a folder.
   * @param request a GET or HEAD request
   * @param folder is closed here
   * @param relativePath of the folder; empty for the root
   * @param more further fields, flat; those that a listing has of its own stay as they are
   * @returns `busy` where too many wait for others
   */
  answer(
    request: ConditionalRequest,
    folder: OpenFolder,
    relativePath: string,
    more: readonly string[] = [],
  ): Promise<Reply> | 'busy' {
    const type = preferredType(request.field('accept'), TYPES) ?? TYPES[0];
    const listing = this.#listing(folder, relativePath, type);
    return listing === 'busy' ? listing : listing.then((drawn) => listingReply(request, drawn, more));
  }

  /**
   * The name of what is alone in a folder; `undefined` where nothing is, or more.
   * @param folder is read ahead
   * @param relativePath of the folder; empty for the root
   */
  onlyName(folder: OpenFolder, relativePath: string): string | undefined {
    let only: string | undefined;
    for (const name of folder.peek()) {
      if (!isNameable(name, relativePath === '') || !this.#isListed(name, relativePath)) continue;
      if (only !== undefined) return undefined;
      only = name;
    }
    return only;
  }

  #listing(folder: OpenFolder, relativePath: string, type: ListingType): Promise<DrawnListing> | 'busy' {
    const key = `${type} ${relativePath}`;
    const shared = this.#waiting.get(key);
    if (shared !== undefined || this.#waiting.size >= MOST_WAITING) {
      folder.close();
      return shared ?? 'busy';
    }
    const drawn = this.#last.then(() => {
      // Whoever asks from now on may know of something that is there only since now.
      this.#waiting.delete(key);
      return inSlices(this.#draw(folder, relativePath, type));
    });
    this.#waiting.set(key, drawn);
    this.#last = drawn.catch(() => undefined);
    return drawn;
  }

  *#draw(folder: OpenFolder, relativePath: string, type: ListingType): Generator<void, DrawnListing> {
    let listing: Listing;
    try {
      const found = yield* readFolder(this.#opener, folder, relativePath, (name) =>
        this.#isListed(name, relativePath),
      );
      listing = { path: relativePath === '' ? '/' : `/${relativePath}/`, ...found };
    } finally {
      folder.close();
    }
    return yield* drawListing(listing, type);
  }
}

function* drawListing(listing: Listing, type: ListingType): Generator<void, DrawnListing> {
  const text = type === 'text/html' ? yield* drawPage(listing) : yield* drawJson(listing);
  const content = Buffer.from(text);
  yield;
  const opaque = createHash('sha256').update(content).digest('base64url').slice(0, 27);
  return { type, content, entityTag: { weak: false, opaque } };
}

/** A line for each entry: for a person too, and drawn in steps. */
function* drawJson({ path, entries, omitted, isComplete }: Listing): Generator<void, string> {
  const lines = [];
  for (const { name, isFolder, size, modifiedMs } of entries) {
    const type = isFolder ? 'folder' : 'file';
    const modified = isoTime(modifiedMs) ?? null;
    const href = hrefOf(name, isFolder);
    lines.push(JSON.stringify({ name, type, ...(isFolder ? {} : { size }), modified, href }));
    yield;
  }
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`;
  return `{"path":${JSON.stringify(path)},"entries":${list},"omitted":${omitted},"complete":${isComplete}}\n`;
}

function listingReply(
  request: ConditionalRequest,
  { type, content, entityTag }: DrawnListing,
  more: readonly string[],
): Reply {
  const current = { entityTag, lastModifiedMs: undefined, nowMs: Date.now() };
  const outcome = evaluatePreconditions(request, current);
  if (outcome === 'precondition-failed') return errorReply(412, more);
  const fields = ['cache-control', REVALIDATE, 'etag', formatEntityTag(entityTag), 'vary', 'accept'];
  if (type === 'text/html') fields.push('content-security-policy', LISTING_POLICY);
  fields.push('x-content-type-options', 'nosniff', ...withoutOwn(more));
  if (outcome === 'not-modified') return { status: 304, fields, body: undefined };
  // No parts: by the time the next one is asked for, it may be another listing.
  fields.push('content-type', `${type};charset=utf-8`, 'content-length', `${content.length}`);
  return { status: 200, fields, body: request.method === 'HEAD' ? undefined : content };
}

/** A policy of the site is for its pages, and would keep this one from its style and script. */
function withoutOwn(more: readonly string[]): string[] {
  const isOther = (_: string, at: number): boolean => !OWN_FIELDS.has(more[at - (at % 2)] ?? '');
  return more.filter(isOther);
}

const OWN_FIELDS: ReadonlySet<string> = new Set([
  'content-security-policy',
  'etag',
  'x-content-type-options',
]);
