import type { MessageLimits } from '#http1/limits.ts';
import type { RejectionCode } from '#http1/rejection.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ServerProtocol } from '#http1/server-protocol.ts';

/** Small enough to reach in a test, larger than any message that is not about limits. */
export const TEST_LIMITS: MessageLimits = {
  maxHeadBytes: 2048,
  maxFields: 20,
  maxTargetBytes: 1024,
  maxTrailerBytes: 256,
  maxChunkExtensionBytes: 128,
};

/** The value of `Date` in every reply of the driver. */
export const TEST_DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** One thing the engine told, as data. Pieces of content that follow each other are joined. */
export type Told =
  | {
      readonly event: 'request';
      readonly method: string;
      readonly target: string;
      readonly minorVersion: number;
      readonly form: string;
      readonly path: string;
      readonly authority: string;
      readonly framing: string;
      readonly expectsContinue: boolean;
      readonly persistent: boolean;
      readonly fieldLines: readonly string[];
    }
  | { readonly event: 'data'; bytes: string }
  | { readonly event: 'end'; readonly trailers: readonly string[] }
  | { readonly event: 'reject'; readonly code: RejectionCode }
  | { readonly event: 'closed' };

/** What came of a connection. */
export interface Outcome {
  /** All that the engine told, in order. */
  readonly told: readonly Told[];
  /** All that was written, one byte a character. */
  readonly written: string;
  /** Whether more would be read. */
  readonly isOpen: boolean;
  /** Whether the connection is open and stands between two requests. */
  readonly isIdle: boolean;
}

/** What happens to the bytes of a connection. */
export interface DriverOptions {
  /** @default TEST_LIMITS */
  readonly limits?: MessageLimits;
  /** The peer sends FIN behind its last byte. @default false */
  readonly ends?: boolean;
  /** The peer's FIN is there before the engine is asked for its first event. @default false */
  readonly endsAtOnce?: boolean;
}

/** An engine as the tests make it. */
export function newProtocol(limits: MessageLimits = TEST_LIMITS, keepAliveSeconds = 0): ServerProtocol {
  return new ServerProtocol({ limits, heads: { newHead: () => new RequestHead() }, keepAliveSeconds });
}

/**
 * Feeds a connection's bytes part by part to a new engine and answers each request when it was read whole, so that
 * pipelined requests are read too.
 * @param parts the bytes as they come; each is lent, as a connection does, and overwritten when its events were taken
 */
export function drive(parts: Iterable<Uint8Array>, options: DriverOptions = {}): Outcome {
  const protocol = newProtocol(options.limits);
  const told: Told[] = [];
  const written: string[] = [];
  let isOpen = true;
  for (const part of parts) {
    if (!isOpen) break;
    const lent = Buffer.concat([part, Buffer.from('\r\n')]);
    protocol.receive(lent, part.length);
    if (options.endsAtOnce) protocol.receiveEnd();
    isOpen = readOn(protocol, told, written);
    protocol.keepUnread();
    lent.fill('\0');
  }
  if (isOpen && options.ends) {
    protocol.receiveEnd();
    isOpen = readOn(protocol, told, written);
  }
  const isIdle = isOpen && protocol.requestState === 'idle' && !protocol.headBegun;
  return { told, written: written.join(''), isOpen, isIdle };
}

/** Takes events until bytes are wanted. Returns whether the connection is still open. */
function readOn(protocol: ServerProtocol, told: Told[], written: string[]): boolean {
  for (;;) {
    const event = protocol.nextEvent();
    switch (event) {
      case 'need-data':
        return true;
      case 'request':
        told.push(describeRequest(protocol.request));
        break;
      case 'data':
        tellData(told, protocol.chunk);
        break;
      case 'end':
        told.push({ event, trailers: protocol.trailers });
        break;
      case 'paused':
        written.push(String(protocol.sendWhole({ status: 200, fields: [] }, 'ok', TEST_DATE)));
        if (protocol.closesAfterReply) return false;
        protocol.startNext();
        break;
      case 'reject': {
        const code = protocol.rejection as RejectionCode;
        told.push({ event, code });
        written.push(protocol.sendRejection(code, TEST_DATE));
        return false;
      }
      case 'closed':
        told.push({ event });
        return false;
    }
  }
}

function tellData(told: Told[], chunk: Buffer): void {
  const last = told.at(-1);
  const bytes = chunk.toString('latin1');
  if (last?.event === 'data') last.bytes += bytes;
  else told.push({ event: 'data', bytes });
}

function describeRequest(head: RequestHead): Told {
  const { framing } = head;
  return {
    event: 'request',
    method: head.method,
    target: head.target,
    minorVersion: head.minorVersion,
    form: head.form,
    path: head.path,
    authority: head.authority,
    framing: framing.kind === 'length' ? `length=${framing.length}` : framing.kind,
    expectsContinue: head.expectsContinue,
    persistent: head.persistent,
    fieldLines: head.fieldLines(),
  };
}

/** One way of cutting bytes into parts. */
export interface Feeding {
  /** For the message of a failure. */
  readonly name: string;
  /** The parts, in order. */
  readonly parts: readonly Uint8Array[];
}

/** Up to this many bytes every cut in two is tried; above it, as many spread evenly and all near the end. */
const ALL_CUTS_BELOW = 400;
const CUTS_NEAR_END = 40;

/** All ways in which the tests feed bytes: whole, byte by byte, each cut in two. */
export function* feedings(bytes: Uint8Array): Generator<Feeding> {
  yield { name: 'whole', parts: [bytes] };
  yield { name: 'byte by byte', parts: Array.from(bytes, (byte) => Uint8Array.of(byte)) };
  const step = Math.ceil(bytes.length / ALL_CUTS_BELOW);
  for (let at = 1; at < bytes.length; at += at < bytes.length - CUTS_NEAR_END ? step : 1) {
    yield { name: `cut behind byte ${at}`, parts: [bytes.subarray(0, at), bytes.subarray(at)] };
  }
}

/**
 * An engine that has told of one request.
 * @param bytes the request, and what follows it
 * @param keepAliveSeconds what `Keep-Alive` promises
 */
export function protocolWithRequest(bytes: string, keepAliveSeconds = 0): ServerProtocol {
  const protocol = newProtocol(TEST_LIMITS, keepAliveSeconds);
  protocol.receive(Buffer.from(bytes, 'latin1'));
  const event = protocol.nextEvent();
  if (event !== 'request') throw new Error(`A request was expected, the engine told ${event}.`);
  return protocol;
}
