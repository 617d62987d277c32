import { errorReply } from '#exchange/error-reply.ts';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { isFileBody, type Reply } from '#exchange/reply.ts';
import { type FoundFile, INDEX_NAME, type OpenBelowRoot, openCandidate, redirectFrom } from './candidates.ts';
import { allowOrigins, FOR_ALL } from './cors.ts';
import { FileCache } from './file-cache.ts';
import { busyReply, errorPageReply, fileReply, type Representation } from './file-reply.ts';
import { TraitTable } from './file-traits.ts';
import { FolderListings } from './folder-listings.ts';
import { MultipartRanges } from './multipart-ranges.ts';
import { NAVIGATION_VARY, navigates } from './navigation.ts';
import { FileOpener, type FileSource, type OpenFailure, SETTLED_AFTER_MS } from './open-file.ts';
import type { OpenFolder } from './open-folder.ts';
import type { PathTest } from './path-glob.ts';
import { anyOf } from './path-pattern.ts';
import { ReadyReplies } from './ready-replies.ts';
import { checkStaticOptions, type StaticOptions } from './static-options.ts';
import { encodePath, parseUrlPath } from './url-path.ts';
import { type Moved, UrlRules } from './url-rules.ts';
import { chooseVariant, type FileToSend, type VariantSources } from './variants.ts';

/** The methods a file understands (RFC9110§9.3). */
const ALLOW = ['allow', 'GET, HEAD'];

/** Why a path leads to no file, whichever stage said so. */
type Unfound = Extract<ReturnType<typeof parseUrlPath> | ReturnType<typeof openCandidate>, string>;

/** A file that is being written is waited for so often, for {@link SETTLED_AFTER_MS} each time. */
const MOST_TRIES = 5;

/**
 * A folder as a handler. Every answer is synchronous, but for a listing, and for that with a file that was written a
 * moment ago.
 * @param options the folder and how it is served
 * @throws {HeddleError} `ERR_HEDDLE_STATIC_ROOT` where the root cannot be served
 *
 * @example
 * const handler = createStaticHandler({ root: '/srv/site', notFoundPage: true });
 */
export function createStaticHandler(options: StaticOptions): Handler {
  checkStaticOptions(options);
  const site = new StaticSite(options);
  const { notFoundPage, origins = [] } = options;
  const handler: Handler = notFoundPage
    ? (request) => site.answerLast(request)
    : (request) => site.answerIfFound(request);
  return origins.length === 0 ? handler : allowOrigins(handler, origins, notFoundPage);
}

class StaticSite {
  readonly #opener: FileOpener;
  readonly #files: FileCache;
  readonly #traits: TraitTable;
  readonly #sources: VariantSources;
  readonly #ready: ReadyReplies;
  readonly #isSingle: boolean;
  readonly #listings: FolderListings | undefined;
  readonly #isListed: PathTest;
  readonly #onlyFile: boolean;
  readonly #urls: UrlRules | undefined;
  /** What opens files while a request may wait for them, and when it has waited long enough. */
  readonly #patient: OpenBelowRoot = { open: (path) => this.#open(path, true) };
  readonly #impatient: OpenBelowRoot = { open: (path) => this.#open(path, false) };
  readonly #hidden: ReadonlySet<string>;

  constructor(options: StaticOptions) {
    const { root, single = false, symlinks = false, listing = false, unlisted = [] } = options;
    const { fileCacheBytes = 33_554_432, compressed, onlyFile = false } = options;
    const { rules = [], isPrivate, origins = [] } = options;
    const corsRules = origins === '*' ? [{ pattern: '**', fields: FOR_ALL }] : [];
    this.#traits = new TraitTable([...corsRules, ...rules], isPrivate);
    this.#opener = new FileOpener(root, symlinks);
    this.#files = new FileCache(this.#opener, fileCacheBytes);
    this.#sources = { files: this.#files, compressed, traits: this.#traits };
    this.#ready = new ReadyReplies(fileCacheBytes);
    this.#isSingle = single;
    this.#hidden = new Set(options.hidden);
    // What has no file belongs to the scripts of a single page.
    const isListing = (listing !== false || onlyFile) && !single;
    const isUnlisted = anyOf(unlisted);
    this.#listings = isListing
      ? new FolderListings(
          this.#opener,
          (name, folder) =>
            !isUnlisted(`/${name}`) && !this.#hidden.has(folder === '' ? name : `${folder}/${name}`),
        )
      : undefined;
    this.#isListed = typeof listing === 'boolean' ? () => listing : anyOf(listing);
    this.#onlyFile = onlyFile;
    this.#urls = options.urls === undefined ? undefined : new UrlRules(options.urls);
  }

  /** Beside an app: files that exist, and nothing else. */
  answerIfFound(
    request: IncomingRequest,
    tries = MOST_TRIES,
  ): Reply | undefined | Promise<Reply | undefined> {
    // Before the disk: to an app that takes uploads the folder costs nothing.
    if (!reads(request)) return undefined;
    const found = this.#find(request.path, tries);
    if (typeof found !== 'string') return this.#foundReply(request, found);
    if (found === 'changing') return settled().then(() => this.answerIfFound(request, tries - 1));
    const listed = found === 'missing' ? this.#listing(request) : found;
    if (typeof listed !== 'string') return listed;
    // An app's 404 for a file that does exist would be believed and cached.
    return listed === 'busy' ? busyReply(this.#fieldsFor(request)) : undefined;
  }

  /** A folder alone: something for everybody. */
  answerLast(request: IncomingRequest, tries = MOST_TRIES): Reply | Promise<Reply> {
    // `OPTIONS *` asks about the server, which here is the folder (RFC9110§9.3.7).
    if (request.path === '*') return errorReply(405, [...ALLOW, ...this.#fieldsFor(request)]);
    const found = this.#find(request.path, tries);
    if (typeof found !== 'string') {
      // What was moved may be there for any method.
      if (reads(request) || 'status' in found) return this.#foundReply(request, found);
      found.file.close();
      return this.#errorReply(request, 405, ALLOW);
    }
    if (found === 'changing') return settled().then(() => this.answerLast(request, tries - 1));
    const listed = found === 'missing' ? this.#listing(request) : found;
    if (typeof listed !== 'string') return listed;
    if (listed === 'busy') return busyReply(this.#fieldsFor(request));
    if (listed === 'malformed') return this.#errorReply(request, 400);
    if (listed === 'forbidden') return this.#errorReply(request, 403);
    return (this.#isSingle && this.#singleReply(request)) || this.#notFoundReply(request);
  }

  #find(requestPath: string, tries: number): FoundFile | Moved | Unfound {
    const path = parseUrlPath(requestPath);
    if (typeof path === 'string') return path;
    const opener = tries > 0 ? this.#patient : this.#impatient;
    return this.#urls === undefined ? openCandidate(opener, path) : this.#urls.find(opener, path);
  }

  #open(path: string, isPatient: boolean): FileSource | OpenFailure {
    return this.#hidden.size > 0 && this.#hidden.has(path) ? 'missing' : this.#files.open(path, isPatient);
  }

  /** What is in a folder without a page, where listings are wanted. */
  #listing(request: IncomingRequest): Reply | Promise<Reply> | OpenFailure {
    if (this.#listings === undefined) return 'missing';
    const path = parseUrlPath(request.path);
    if (typeof path === 'string') return 'missing';
    const folder = this.#opener.openFolder(path.relativePath);
    if (typeof folder === 'string') return folder;
    const ownPath = path.namesFolder ? path.canonicalPath : `${path.canonicalPath}/`;
    const redirectTo = redirectFrom(path, ownPath);
    const only = this.#onlyFile && reads(request) ? this.#only(folder, path.relativePath) : undefined;
    if (only !== undefined || !this.#isListed(`/${path.relativePath}`)) {
      folder.close();
      return only === undefined ? 'missing' : this.#foundReply(request, { ...only, redirectTo });
    }
    if (reads(request) && redirectTo === undefined)
      return this.#listings.answer(request, folder, path.relativePath, this.#fieldsFor(request));
    folder.close();
    return redirectTo === undefined || !reads(request)
      ? this.#errorReply(request, 405, ALLOW)
      : redirectReply({ status: 301, location: redirectTo }, this.#fieldsFor(request));
  }

  /** The one file that is in a folder, where it is alone. */
  #only(folder: OpenFolder, relativePath: string): FoundFile | undefined {
    const name = this.#listings?.onlyName(folder, relativePath);
    if (name === undefined) return undefined;
    const path = relativePath === '' ? name : `${relativePath}/${name}`;
    const file = this.#files.open(path, false);
    if (typeof file === 'string') return undefined;
    return { file, relativePath: path, redirectTo: undefined, contentLocation: encodePath(`/${path}`) };
  }

  /** The page of a single-page app, for navigations: a script or a picture that is missing has to be missed. */
  #singleReply(request: IncomingRequest, tries = MOST_TRIES): Reply | undefined | Promise<Reply> {
    if (!reads(request) || !navigates(request)) return undefined;
    const page = this.#files.open(INDEX_NAME, tries > 0);
    if (page === 'changing') {
      return settled().then(() => this.#singleReply(request, tries - 1) ?? this.#notFoundReply(request));
    }
    if (typeof page === 'string') return page === 'busy' ? busyReply(this.#fieldsFor(request)) : undefined;
    const found = { file: page, relativePath: INDEX_NAME, contentLocation: `/${INDEX_NAME}` };
    return this.#fileReply(request, found, NAVIGATION_VARY);
  }

  #foundReply(request: IncomingRequest, found: FoundFile | Moved): Reply {
    if ('status' in found) return redirectReply(found, this.#fieldsFor(request));
    const { file, redirectTo } = found;
    if (redirectTo === undefined) return this.#fileReply(request, found, '');
    file.close();
    return redirectReply({ status: 301, location: redirectTo }, this.#fieldsFor(request));
  }

  #fileReply(request: IncomingRequest, found: FileToSend, vary: string): Reply {
    const nowMs = Date.now();
    let representation: Representation;
    try {
      representation = chooseVariant(request, found, this.#sources, vary, nowMs);
    } catch (error) {
      found.file.close();
      throw error;
    }
    return sendFrom(representation.file, () => fileReply(request, representation, nowMs, this.#ready));
  }

  #notFoundReply(request: IncomingRequest): Reply {
    return this.#errorReply(request, 404, this.#isSingle ? ['vary', NAVIGATION_VARY] : []);
  }

  /** With the page for that status, where the root has one. */
  #errorReply(request: IncomingRequest, status: number, more: readonly string[] = []): Reply {
    const name = `${status}.html`;
    const page = this.#files.open(name, false);
    const fields = [...more, ...this.#fieldsFor(request)];
    if (typeof page === 'string') return page === 'busy' ? busyReply(fields) : errorReply(status, fields);
    const { mediaType } = this.#traits.of(name);
    return sendFrom(page, () => errorPageReply(request, page, mediaType, status, fields));
  }

  /** What the rules give to an answer that is not the file which was asked for. */
  #fieldsFor(request: IncomingRequest): readonly string[] {
    const path = parseUrlPath(request.path);
    if (typeof path === 'string') return this.#traits.fieldsOf(request.path.split('?', 1)[0] ?? '');
    const { relativePath, namesFolder } = path;
    return this.#traits.fieldsOf(namesFolder ? `${relativePath}/` : relativePath);
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLED_AFTER_MS));
}

function reads(request: IncomingRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function redirectReply({ status, location }: Moved, more: readonly string[]): Reply {
  // Not kept: a browser that remembered it would not notice when the folder becomes a file.
  const fields = ['location', location, 'cache-control', 'no-cache', 'content-length', '0', ...more];
  return { status, fields, body: undefined };
}

/** Closes the file unless the reply took it over: as a descriptor, or as content that is read in parts. */
function sendFrom(file: FileSource, answer: () => Reply): Reply {
  let isTakenOver = false;
  try {
    const reply = answer();
    isTakenOver = isFileBody(reply.body) || reply.body instanceof MultipartRanges;
    return reply;
  } finally {
    if (!isTakenOver) file.close();
  }
}
