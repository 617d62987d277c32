import { errorReply } from '#exchange/error-reply.ts';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { isFileBody, type Reply } from '#exchange/reply.ts';
import { type FoundFile, openCandidate } from './candidates.ts';
import { busyReply, errorPageReply, fileReply } from './file-reply.ts';
import { FileOpener, type FileSource } from './open-file.ts';
import { checkStaticOptions, type StaticOptions } from './static-options.ts';
import { parseUrlPath } from './url-path.ts';

/** The page for paths without a file, in the root. */
const NOT_FOUND_PAGE = '404.html';

/** The methods a file understands (RFC9110§9.3). */
const ALLOW = 'GET, HEAD';

/** Why a path leads to no file, whichever stage said so. */
type Unfound = Extract<ReturnType<typeof parseUrlPath> | ReturnType<typeof openCandidate>, string>;

/**
 * A folder as a handler. Every answer is synchronous.
 * @param options the folder and whether it has the last word
 * @throws {HeddleError} `ERR_HEDDLE_STATIC_ROOT` where the root cannot be served
 *
 * @example
 * const handler = createStaticHandler({ root: '/srv/site', notFoundPage: true });
 */
export function createStaticHandler(options: StaticOptions): Handler {
  checkStaticOptions(options);
  const opener = new FileOpener(options.root);
  return options.notFoundPage
    ? (request) => answerLast(opener, request)
    : (request) => answerIfFound(opener, request);
}

/** Beside an app: files that exist, and nothing else. */
function answerIfFound(opener: FileOpener, request: IncomingRequest): Reply | undefined {
  // Before the disk: to an app that takes uploads the folder costs nothing.
  if (!reads(request)) return undefined;
  const found = find(opener, request.path);
  if (typeof found !== 'string') return foundReply(request, found);
  // An app's 404 for a file that does exist would be believed and cached.
  return found === 'busy' ? busyReply() : undefined;
}

/** A folder alone: something for everybody. */
function answerLast(opener: FileOpener, request: IncomingRequest): Reply {
  // `OPTIONS *` asks about the server, which here is the folder (RFC9110§9.3.7).
  if (request.path === '*') return errorReply(405, ['allow', ALLOW]);
  const found = find(opener, request.path);
  if (typeof found !== 'string') {
    if (reads(request)) return foundReply(request, found);
    found.file.close();
    return errorReply(405, ['allow', ALLOW]);
  }
  if (found === 'malformed') return errorReply(400);
  if (found === 'forbidden') return errorReply(403);
  if (found === 'busy') return busyReply();
  return notFoundReply(opener, request);
}

function reads(request: IncomingRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function find(opener: FileOpener, requestPath: string): FoundFile | Unfound {
  const path = parseUrlPath(requestPath);
  return typeof path === 'string' ? path : openCandidate(opener, path);
}

function foundReply(request: IncomingRequest, { file, relativePath, redirectTo }: FoundFile): Reply {
  return sendFrom(file, () =>
    redirectTo === undefined ? fileReply(request, file, relativePath, Date.now()) : redirectReply(redirectTo),
  );
}

function redirectReply(location: string): Reply {
  // Not kept: a browser that remembered it would not notice when the folder becomes a file.
  const fields = ['location', location, 'cache-control', 'no-cache', 'content-length', '0'];
  return { status: 301, fields, body: undefined };
}

function notFoundReply(opener: FileOpener, request: IncomingRequest): Reply {
  const page = opener.open(NOT_FOUND_PAGE);
  if (typeof page === 'string') return page === 'busy' ? busyReply() : errorReply(404);
  return sendFrom(page, () => errorPageReply(request, page, NOT_FOUND_PAGE, 404));
}

/** Closes the file in every case but one: the reply took its descriptor over. */
function sendFrom(file: FileSource, answer: () => Reply): Reply {
  let isTakenOver = false;
  try {
    const reply = answer();
    isTakenOver = isFileBody(reply.body);
    return reply;
  } finally {
    if (!isTakenOver) file.close();
  }
}
