import { errorReply } from '#exchange/error-reply.ts';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { isFileBody, type Reply } from '#exchange/reply.ts';
import { type FoundFile, INDEX_NAME, openCandidate } from './candidates.ts';
import { busyReply, errorPageReply, fileReply } from './file-reply.ts';
import { MultipartRanges } from './multipart-ranges.ts';
import { NAVIGATION_VARY, navigates } from './navigation.ts';
import { FileOpener, type FileSource } from './open-file.ts';
import { checkStaticOptions, type StaticOptions } from './static-options.ts';
import { parseUrlPath } from './url-path.ts';

/** The methods a file understands (RFC9110§9.3). */
const ALLOW = ['allow', 'GET, HEAD'];

/** Why a path leads to no file, whichever stage said so. */
type Unfound = Extract<ReturnType<typeof parseUrlPath> | ReturnType<typeof openCandidate>, string>;

/**
 * A folder as a handler. Every answer is synchronous.
 * @param options the folder and how it is served
 * @throws {HeddleError} `ERR_HEDDLE_STATIC_ROOT` where the root cannot be served
 *
 * @example
 * const handler = createStaticHandler({ root: '/srv/site', notFoundPage: true });
 */
export function createStaticHandler(options: StaticOptions): Handler {
  checkStaticOptions(options);
  const site = new StaticSite(options);
  return options.notFoundPage
    ? (request) => site.answerLast(request)
    : (request) => site.answerIfFound(request);
}

class StaticSite {
  readonly #opener: FileOpener;
  readonly #isSingle: boolean;

  constructor({ root, single = false, symlinks = false }: StaticOptions) {
    this.#opener = new FileOpener(root, symlinks);
    this.#isSingle = single;
  }

  /** Beside an app: files that exist, and nothing else. */
  answerIfFound(request: IncomingRequest): Reply | undefined {
    // Before the disk: to an app that takes uploads the folder costs nothing.
    if (!reads(request)) return undefined;
    const found = this.#find(request.path);
    if (typeof found !== 'string') return foundReply(request, found);
    // An app's 404 for a file that does exist would be believed and cached.
    return found === 'busy' ? busyReply() : undefined;
  }

  /** A folder alone: something for everybody. */
  answerLast(request: IncomingRequest): Reply {
    // `OPTIONS *` asks about the server, which here is the folder (RFC9110§9.3.7).
    if (request.path === '*') return errorReply(405, ALLOW);
    const found = this.#find(request.path);
    if (typeof found !== 'string') {
      if (reads(request)) return foundReply(request, found);
      found.file.close();
      return this.#errorReply(request, 405, ALLOW);
    }
    if (found === 'busy') return busyReply();
    if (found === 'malformed') return this.#errorReply(request, 400);
    if (found === 'forbidden') return this.#errorReply(request, 403);
    return (this.#isSingle && this.#singleReply(request)) || this.#notFoundReply(request);
  }

  #find(requestPath: string): FoundFile | Unfound {
    const path = parseUrlPath(requestPath);
    return typeof path === 'string' ? path : openCandidate(this.#opener, path);
  }

  /** The page of a single-page app, for navigations: a script or a picture that is missing has to be missed. */
  #singleReply(request: IncomingRequest): Reply | undefined {
    if (!reads(request) || !navigates(request)) return undefined;
    const page = this.#opener.open(INDEX_NAME);
    if (typeof page === 'string') return page === 'busy' ? busyReply() : undefined;
    const more = [...NAVIGATION_VARY, 'content-location', `/${INDEX_NAME}`];
    return sendFrom(page, () => fileReply(request, page, INDEX_NAME, Date.now(), more));
  }

  #notFoundReply(request: IncomingRequest): Reply {
    return this.#errorReply(request, 404, this.#isSingle ? NAVIGATION_VARY : []);
  }

  /** With the page for that status, where the root has one. */
  #errorReply(request: IncomingRequest, status: number, more: readonly string[] = []): Reply {
    const name = `${status}.html`;
    const page = this.#opener.open(name);
    if (typeof page === 'string') return page === 'busy' ? busyReply() : errorReply(status, more);
    return sendFrom(page, () => errorPageReply(request, page, name, status, more));
  }
}

function reads(request: IncomingRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function foundReply(request: IncomingRequest, found: FoundFile): Reply {
  const { file, relativePath, redirectTo, contentLocation } = found;
  return sendFrom(file, () => {
    if (redirectTo !== undefined) return redirectReply(redirectTo);
    const more = contentLocation === undefined ? [] : ['content-location', contentLocation];
    return fileReply(request, file, relativePath, Date.now(), more);
  });
}

function redirectReply(location: string): Reply {
  // Not kept: a browser that remembered it would not notice when the folder becomes a file.
  const fields = ['location', location, 'cache-control', 'no-cache', 'content-length', '0'];
  return { status: 301, fields, body: undefined };
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
