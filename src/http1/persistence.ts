import { hasToken } from '#semantics/headers.ts';
import type { RequestHead } from './request-head.ts';

/**
 * Whether the peer allows the connection to be used for another request (RFC9112§9.3): `close` ends it, 1.1 and
 * later stay open without a word, 1.0 stays open on `keep-alive` only.
 * @param head a head whose fields were read
 */
export function decidePersistence(head: RequestHead): boolean {
  const connection = head.field('connection');
  if (connection === undefined) return head.minorVersion >= 1;
  if (hasToken(connection, 'close')) return false;
  return head.minorVersion >= 1 || hasToken(connection, 'keep-alive');
}
