import type { EndedExchange } from '#exchange/exchange-log.ts';
import { escapeCharacter } from '#observe/error-text.ts';
import { parseTraceParent } from '#semantics/trace-context.ts';

/** The formats of the access log; see docs/operations.md. */
export const ACCESS_LOG_FORMATS = ['combined', 'json', 'dev'] as const;

/** One of {@link ACCESS_LOG_FORMATS}. */
export type AccessLogFormat = (typeof ACCESS_LOG_FORMATS)[number];

/** What all lines of a thread have in common. */
export interface LineLooks {
  readonly format: AccessLogFormat;
  /** Whether lines for people have colours. */
  readonly hasColour: boolean;
  /** Which server thread this is, from 0. */
  readonly thread: number;
  /** The number of its generation, from 1. */
  readonly generation: number;
}

/**
 * Makes the line of an exchange, with its line end. It is of printable ASCII characters alone, so that nothing a peer sends
 * can end it, begin another, or move the cursor of a terminal.
 * @param exchange that has ended
 * @param ip the client's address; empty for a peer on a Unix domain socket
 * @param now milliseconds since 1970
 */
export type LineFormat = (exchange: EndedExchange, ip: string, now: number) => string;

/**
 * How a thread's lines are made.
 * @param looks of its lines
 */
export function lineFormat(looks: LineLooks): LineFormat {
  switch (looks.format) {
    case 'combined':
      return combinedFormat();
    case 'json':
      return jsonFormat(looks);
    case 'dev':
      return devFormat(looks);
  }
}

/** As nginx has it (`ngx_http_log_module`): the client has left before it was told any status. */
const CLIENT_GONE = 499;

function statusOf({ status, outcome }: EndedExchange): number {
  return status === 0 && outcome === 'aborted' ? CLIENT_GONE : status;
}

/** `log_format combined` of nginx, which is Apache's: where the user has a blank it is escaped as well. */
function combinedFormat(): LineFormat {
  const time = secondly(combinedTime);
  return (exchange, ip, now) => {
    const { request, bytesOut } = exchange;
    const user = userOf(exchange);
    return (
      `${ip || 'unix:'} - ${user === undefined ? '-' : escapeText(user).replaceAll(' ', '\\x20')} [${time(now)}] ` +
      `"${requestLine(exchange)}" ${String(statusOf(exchange)).padStart(3, '0')} ${bytesOut} ` +
      `"${escapeText(fieldOf(exchange, 'referer'))}" "${escapeText(fieldOf(exchange, 'user-agent'))}"\n`
    );
    function requestLine({ isWhole }: EndedExchange): string {
      const { method, target } = request;
      if (method === '') return '-';
      const line = `${method} ${target}`;
      return escapeText(isWhole || hasVersion(exchange) ? `${line} ${protocolOf(exchange)}` : line);
    }
  };
}

/** Whether a head that was refused was one of HTTP/1 at least. */
function hasVersion({ request, reason = '' }: EndedExchange): boolean {
  return request.target !== '' && !/version|http2/.test(reason);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `29/Nov/2026:10:21:49 +0000`, in local time. */
function combinedTime(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const east = Math.abs(minutes);
  const zone = `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(east / 60))}${twoDigits(east % 60)}`;
  return `${twoDigits(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}:${clockTime(date)} ${zone}`;
}

/** One object a line; every member is always there, and null where there is nothing to say. */
function jsonFormat({ thread, generation }: LineLooks): LineFormat {
  const time = remembered(1, (date) => date.toISOString());
  const place = `"thread":${thread},"generation":${generation}`;
  return (exchange, ip, now) => {
    const { request, isWhole, bytesIn, bytesOut, durationMs, outcome, reason, status } = exchange;
    const trace = parseTraceParent(fieldOf(exchange, 'traceparent'));
    return (
      `{"time":"${time(now)}","requestId":${json(request.id)},"traceId":${json(trace?.traceId)},` +
      `"parentId":${json(trace?.parentId)},"ip":${json(ip || undefined)},"user":${json(userOf(exchange))},` +
      `"method":${json(request.method || undefined)},"target":${json(request.target || undefined)},` +
      `"protocol":${isWhole ? `"${protocolOf(exchange)}"` : null},"host":${json(fieldOf(exchange, 'host'))},` +
      `"status":${status || null},"outcome":"${outcome}","reason":${json(reason)},` +
      `"bytesIn":${bytesIn ?? null},"bytesOut":${bytesOut},` +
      `"durationMs":${durationMs === undefined ? null : durationMs.toFixed(3)},${place},` +
      `"referer":${json(fieldOf(exchange, 'referer'))},"userAgent":${json(fieldOf(exchange, 'user-agent'))}}\n`
    );
  };
}

const GREEN = 32;
const CYAN = 36;
const YELLOW = 33;
const RED = 31;
const MAGENTA = 35;
const GREY = 90;

/** For whoever is writing an app: `10:21:49 GET /path 200 1.2 ms 5 B`. */
function devFormat({ hasColour }: LineLooks): LineFormat {
  const time = secondly(clockTime);
  const paint = (colour: number, text: string): string =>
    hasColour ? `\x1b[${colour}m${text}\x1b[39m` : text;
  return (exchange, _, now) => {
    const { request, bytesOut, durationMs, outcome, reason, status } = exchange;
    const what = request.method === '' ? '-' : escapeText(`${request.method} ${request.target}`);
    const parts = [
      paint(GREY, time(now)),
      what,
      paint(colourOf(status), status === 0 ? '-' : String(status)),
    ];
    if (durationMs !== undefined) parts.push(paint(GREY, spanText(durationMs)));
    parts.push(paint(GREY, sizeText(bytesOut)));
    if (outcome !== 'complete')
      parts.push(paint(MAGENTA, reason === undefined ? outcome : `${outcome}: ${reason}`));
    return `${parts.join(' ')}\n`;
  };
}

function colourOf(status: number): number {
  if (status >= 500 || status === 0) return RED;
  if (status >= 400) return YELLOW;
  return status >= 300 ? CYAN : GREEN;
}

function spanText(ms: number): string {
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

function protocolOf({ request }: EndedExchange): string {
  return request.minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
}

function fieldOf({ request, isWhole }: EndedExchange, name: string): string | undefined {
  return isWhole ? request.field(name) : undefined;
}

/** The name in `Authorization: Basic`, whether it was let in or not (RFC7617§2). */
function userOf(exchange: EndedExchange): string | undefined {
  const credentials = fieldOf(exchange, 'authorization');
  if (credentials === undefined) return undefined;
  const [, token] = /^basic +([\w+/-]+={0,2})$/i.exec(credentials) ?? [];
  if (token === undefined) return undefined;
  const pair = Buffer.from(token, 'base64').toString('latin1');
  const colon = pair.indexOf(':');
  return colon > 0 ? pair.slice(0, colon) : undefined;
}

/** What nginx leaves as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** As nginx escapes (`ngx_http_log_escape`); `-` for nothing. A field value is one byte a character. */
function escapeText(text: string | undefined): string {
  if (text === undefined || text === '') return '-';
  if (PLAIN.test(text)) return text;
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, escapeCharacter);
}

function json(text: string | undefined): string {
  if (text === undefined) return 'null';
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text of the time, made once a second. */
function secondly(format: (date: Date) => string): (now: number) => string {
  return remembered(1000, format);
}

/** A text of the time, made once for all lines of so many milliseconds. */
function remembered(periodMs: number, format: (date: Date) => string): (now: number) => string {
  let period = Number.NaN;
  let text = '';
  return (now) => {
    const current = Math.floor(now / periodMs);
    if (current !== period) text = format(new Date(now));
    period = current;
    return text;
  };
}

function clockTime(date: Date): string {
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
