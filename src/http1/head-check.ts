import { listMembers } from '#semantics/headers.ts';
import { isHostAndPort } from './authority.ts';
import { decideBodyFraming } from './body-framing.ts';
import { ABSENT, KnownLines, REPEATED } from './known-lines.ts';
import { decidePersistence } from './persistence.ts';
import type { RejectionCode } from './rejection.ts';
import type { RequestHead } from './request-head.ts';
import { readTarget } from './request-target.ts';

/** CONNECT is for proxies (RFC9110§9.3.6); the others would echo credentials to scripts (RFC9110§9.3.8). */
const NOT_IMPLEMENTED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** What can be judged only when a whole head is there. One object serves all heads of a thread. */
export class HeadCheck {
  readonly #known = new KnownLines();

  /**
   * Judges a head, and fills in what follows from its fields: form, framing, persistence, expectation.
   * @param head as its reader left it
   * @returns why it is refused; where there are several reasons, the first in this order
   */
  check(head: RequestHead): RejectionCode | undefined {
    const known = this.#known;
    known.find(head);
    const rejection = checkHost(head, known.host);
    if (rejection !== undefined) return rejection;
    const framing = decideBodyFraming(head, known);
    if (typeof framing === 'string') return framing;
    // Behind the checks that every request owes, in front of the target's, whose form depends on the method.
    if (NOT_IMPLEMENTED.has(head.method)) return 'method-not-implemented';
    const targetRejection = readTarget(head);
    if (targetRejection !== undefined) return targetRejection;
    head.framing = framing;
    head.persistent = decidePersistence(head, known.connection);
    return known.expect === ABSENT ? undefined : checkExpectation(head, known.expect);
  }
}

/** RFC9112§3.2: exactly one valid Host in a 1.1 request, at most one in a 1.0 request. */
function checkHost(head: RequestHead, line: number): RejectionCode | undefined {
  if (line === REPEATED) return 'host-repeated';
  if (line === ABSENT) return head.minorVersion === 0 ? undefined : 'host-missing';
  const { bytes, base, fields } = head;
  const start = base + (fields.offsets[line * 4 + 2] as number);
  const end = base + (fields.offsets[line * 4 + 3] as number);
  return isHostAndPort(bytes, start, end) ? undefined : 'host-invalid';
}

/** RFC9110§10.1.1: 1.0 peers have no expectations; of the others only 100-continue is known. */
function checkExpectation(head: RequestHead, line: number): RejectionCode | undefined {
  if (head.minorVersion === 0) return undefined;
  if (line === REPEATED || !head.hasValue(line, '100-continue')) {
    const expectations = listMembers(head.field('expect') ?? '');
    if (expectations.some((one) => one.toLowerCase() !== '100-continue')) return 'expectation-unknown';
    if (expectations.length === 0) return undefined;
  }
  const { framing } = head;
  head.expectsContinue = framing.kind === 'chunked' || (framing.kind === 'length' && framing.length > 0);
  return undefined;
}
