import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import { isFileBody, type Reply } from '#exchange/reply.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import type { StaticOptions } from '#static/static-options.ts';
import { type FakeRequestParts, fakeRequest } from './fake-request.ts';

/** A static handler's reply, read whole and its descriptor given back. */
export interface StaticAnswer {
  readonly status: number;
  /** Values by name; a name that comes twice fails. */
  readonly fields: Readonly<Record<string, string>>;
  /** The content; `undefined` where there is none. */
  readonly text: string | undefined;
  /** Whether the content came as a descriptor. */
  readonly fromDescriptor: boolean;
}

/** Asks a static handler; `undefined` where it leaves the request to the next one. */
export type Ask = (parts?: FakeRequestParts | string) => StaticAnswer | undefined;

/** Asks a static handler that has the last word. */
export type AskLast = (parts?: FakeRequestParts | string) => StaticAnswer;

/** A folder beside an app. */
export function besideApp(root: string): Ask {
  const handler = createStaticHandler({ root, notFoundPage: false });
  return (parts = {}) => {
    const answer = handler(fakeRequest(typeof parts === 'string' ? { path: parts } : parts));
    if (answer === undefined) return undefined;
    assert.ok('status' in answer, 'the answer is a reply, in the same tick');
    return read(answer);
  };
}

/** A folder alone. */
export function folderAlone(root: string, options: Partial<StaticOptions> = {}): AskLast {
  const handler = createStaticHandler({ root, notFoundPage: true, ...options });
  return (parts = {}) => {
    const answer = handler(fakeRequest(typeof parts === 'string' ? { path: parts } : parts));
    assert.ok(
      answer !== undefined && 'status' in answer,
      'a folder alone answers everything in the same tick',
    );
    return read(answer);
  };
}

/** A static handler that may answer later, as listings are; `undefined` where it leaves the request to the next one. */
export type AskLater = (parts?: FakeRequestParts | string) => Promise<StaticAnswer | undefined>;

/** A folder alone, unless the options say otherwise, whose folders are listed. */
export function folderListed(root: string, options: Partial<StaticOptions> = {}): AskLater {
  const handler = createStaticHandler({ root, notFoundPage: true, listing: true, ...options });
  return async (parts = {}) => {
    const answer = await handler(fakeRequest(typeof parts === 'string' ? { path: parts } : parts));
    if (answer === undefined) return undefined;
    assert.ok('status' in answer, 'the answer is a reply');
    return read(answer);
  };
}

/** Lets the moment pass for which a look at a file is good: a fraction of a millisecond. */
export function letLookAgain(): void {
  for (const end = performance.now() + 1; performance.now() < end; );
}

function read({ status, fields, body }: Reply): StaticAnswer {
  const byName: Record<string, string> = {};
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index]!;
    assert.ok(!(name in byName), `${name} comes once`);
    byName[name] = fields[index + 1]!;
  }
  return { status, fields: byName, text: textOf(body), fromDescriptor: isFileBody(body) };
}

function textOf(body: Reply['body']): string | undefined {
  if (body === undefined || typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  if (!isFileBody(body)) return undefined;
  const bytes = Buffer.alloc(body.end - body.start);
  const count = readSync(body.fd, bytes, 0, bytes.length, body.start);
  body.release();
  return bytes.toString('utf8', 0, count);
}
