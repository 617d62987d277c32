import { errorReply } from '#exchange/error-reply.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { preferredType } from '#semantics/accept.ts';
import { accountOf, appFirst, type ErrorAccount } from './error-account.ts';
import { formatErrorPage, showControls } from './error-page.ts';

const STATUS = 500;
const TITLE = 'Internal Server Error';
/** What went wrong once may not go wrong again. */
const NOT_STORED = ['cache-control', 'no-store'];
const UTF8_TEXT = ['content-type', 'text/plain;charset=UTF-8'];
/** The page loads nothing and runs nothing, whatever became of it. */
const PAGE_FIELDS = [
  ...['content-type', 'text/html;charset=UTF-8'],
  ...['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'"],
  ...['x-content-type-options', 'nosniff'],
];

const BARE_TYPES = ['text/plain', 'application/json', 'application/problem+json'] as const;
/** A client that takes anything, such as curl, gets text. */
const TYPES = [...BARE_TYPES, 'text/html'] as const;

/**
 * The answer to a request at which an app failed: nothing about the error, as JSON where the client would rather have that.
 * @param request at which it failed
 */
export function bareFailure(request: Pick<IncomingRequest, 'field'>): Reply {
  const type = preferredType(request.field('accept'), BARE_TYPES);
  if (type === undefined || type === 'text/plain') return errorReply(STATUS, NOT_STORED);
  return json(type, type === 'application/json' ? { error: TITLE, status: STATUS } : {});
}

/**
 * The answer for whoever is writing the app: all there is to know of the error, as a page, as JSON, or as text.
 * @param error what was thrown
 * @param request at which the app failed
 */
export function detailedFailure(
  error: unknown,
  request: Pick<IncomingRequest, 'field' | 'method' | 'target'>,
): Reply {
  const account = accountOf(error);
  const type = preferredType(request.field('accept'), TYPES) ?? 'text/plain';
  switch (type) {
    case 'text/html':
      return {
        status: STATUS,
        fields: [...PAGE_FIELDS, ...NOT_STORED],
        body: formatErrorPage(account, request),
      };
    case 'text/plain':
      return { status: STATUS, fields: [...UTF8_TEXT, ...NOT_STORED], body: textOf(account) };
    default:
      return json(type, { error: jsonOf(account) });
  }
}

/** `application/problem+json` has title and status beside (RFC9457§3.1). */
function json(type: 'application/json' | 'application/problem+json', content: object): Reply {
  const body = type === 'application/json' ? content : { title: TITLE, status: STATUS, ...content };
  return {
    status: STATUS,
    fields: ['content-type', type, ...NOT_STORED],
    body: `${JSON.stringify(body)}\n`,
  };
}

function jsonOf({ name, message, frames, cause }: ErrorAccount): object {
  return {
    name,
    message,
    stack: frames.map(({ text }) => text).join('\n'),
    ...(cause === undefined ? {} : { cause: jsonOf(cause) }),
  };
}

function textOf(account: ErrorAccount): string {
  const paragraphs = [`${STATUS} ${TITLE}`];
  for (let at: ErrorAccount | undefined = account; at !== undefined; at = at.cause) {
    const { name, message, frames, source } = at;
    const stack = appFirst(frames)
      .map(({ text }) => `\n    ${text}`)
      .join('');
    paragraphs.push(`${at === account ? '' : 'caused by '}${name}: ${message}${stack}`);
    const rows = source?.lines.map(
      ({ number, text, isMarked }) => `${isMarked ? '>' : ' '} ${String(number).padStart(5)} | ${text}`,
    );
    if (source !== undefined && rows !== undefined) paragraphs.push(`${source.file}\n${rows.join('\n')}`);
  }
  return `${showControls(paragraphs.join('\n\n'))}\n`;
}
