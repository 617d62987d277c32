import { hasToken } from '#semantics/headers.ts';
import { ABSENT } from './known-lines.ts';
import type { RequestHead } from './request-head.ts';

/**
 * Whether the peer allows the connection to be used for another request (RFC9112§9.3): `close` ends it, 1.1 and
 * later stay open without a word, 1.0 stays open on `keep-alive` only.
 * @param head a head whose fields were read
 * @param line its line of `Connection`, see `KnownLines`
 */
export function decidePersistence(head: RequestHead, line: number): boolean {
  if (line === ABSENT) return head.minorVersion >= 1;
  // What nearly all send, told without making a string of it.
  if (line >= 0 && head.hasValue(line, 'keep-alive')) return true;
  const options = head.field('connection') ?? '';
  if (hasToken(options, 'close')) return false;
  return head.minorVersion >= 1 || hasToken(options, 'keep-alive');
}
