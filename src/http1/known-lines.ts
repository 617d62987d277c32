import type { RequestHead } from './request-head.ts';

/** No field line has the name. */
export const ABSENT = -1;
/** More than one field line has the name. */
export const REPEATED = -2;

/**
 * Which field lines of a head have the names that the engine itself reads: the number of the one line, or
 * {@link ABSENT}, or {@link REPEATED}. All are found in one pass over the names: a pass for each would take a fifth of
 * the time that a browser's head takes.
 */
export class KnownLines {
  /** `Host` (RFC9110§7.2). */
  host: number = ABSENT;
  /** `Content-Length` (RFC9110§8.6). */
  contentLength: number = ABSENT;
  /** `Transfer-Encoding` (RFC9112§6.1). */
  transferEncoding: number = ABSENT;
  /** `Connection` (RFC9110§7.6.1). */
  connection: number = ABSENT;
  /** `Expect` (RFC9110§10.1.1). */
  expect: number = ABSENT;

  /** @param head whose fields were read */
  find(head: RequestHead): void {
    this.host = ABSENT;
    this.contentLength = ABSENT;
    this.transferEncoding = ABSENT;
    this.connection = ABSENT;
    this.expect = ABSENT;
    const { offsets, count } = head.fields;
    for (let line = 0; line < count; line += 1) {
      const nameLength = (offsets[line * 4 + 1] as number) - (offsets[line * 4] as number);
      switch (nameLength) {
        case 4:
          if (head.isNamed(line, 'host')) this.host = withLine(this.host, line);
          break;
        case 6:
          if (head.isNamed(line, 'expect')) this.expect = withLine(this.expect, line);
          break;
        case 10:
          if (head.isNamed(line, 'connection')) this.connection = withLine(this.connection, line);
          break;
        case 14:
          if (head.isNamed(line, 'content-length')) this.contentLength = withLine(this.contentLength, line);
          break;
        case 17:
          if (head.isNamed(line, 'transfer-encoding')) {
            this.transferEncoding = withLine(this.transferEncoding, line);
          }
      }
    }
  }
}

function withLine(known: number, line: number): number {
  return known === ABSENT ? line : REPEATED;
}
