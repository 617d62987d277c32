import { type Reply, ReplyMemo } from '#exchange/reply.ts';
import type { KeptFile } from './file-cache.ts';
import type { FileTraits } from './file-traits.ts';

/** What an answer with a file hangs on, beside the file. */
export interface AnswerKey {
  readonly status: number;
  readonly traits: FileTraits;
  readonly contentLocation?: string | undefined;
  readonly vary: string;
}

interface ReadyReply extends AnswerKey {
  readonly reply: Reply;
}

/** A file may answer under a few paths, and with 200 and 304. */
const MOST_OF_A_FILE = 8;

/**
 * Answers with files in memory that were given before, to be given again as the same objects. Of each the connection keeps the
 * bytes that went out, head and content, for as long as the second lasts: then an answer costs no copy.
 */
export class ReadyReplies {
  readonly #maxBytes: number;
  /** Least recently made first. */
  readonly #byFile = new Map<KeptFile, ReadyReply[]>();
  #bytes = 0;

  /** @param maxBytes of contents whose copies may be kept */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @param file whose answer it is
   * @param key what else it hangs on
   */
  find(file: KeptFile, key: AnswerKey): Reply | undefined {
    const ready = this.#byFile.get(file);
    if (ready === undefined) return undefined;
    for (const one of ready) if (isSame(one, key)) return one.reply;
    return undefined;
  }

  /**
   * Keeps an answer.
   * @param file whose answer it is
   * @param key what else it hangs on
   * @param reply that holds for this file at any time from now on
   * @returns what to give out
   */
  keep(file: KeptFile, key: AnswerKey, reply: Reply): Reply {
    const weight = reply.body === undefined ? 0 : file.length;
    if (weight > this.#maxBytes / 4) return reply;
    const kept = { ...reply, memo: new ReplyMemo() };
    const ready = this.#byFile.get(file) ?? [];
    if (ready.length === MOST_OF_A_FILE) this.#forget(file);
    this.#byFile.set(file, [...(this.#byFile.get(file) ?? []), { ...key, reply: kept }]);
    this.#bytes += weight;
    for (const oldest of this.#byFile.keys()) {
      if (this.#bytes <= this.#maxBytes && this.#byFile.size <= MOST_FILES) break;
      this.#forget(oldest);
    }
    return kept;
  }

  #forget(file: KeptFile): void {
    for (const { reply } of this.#byFile.get(file) ?? [])
      if (reply.body !== undefined) this.#bytes -= file.length;
    this.#byFile.delete(file);
  }
}

const MOST_FILES = 1_000;

function isSame(a: AnswerKey, b: AnswerKey): boolean {
  return (
    a.status === b.status &&
    a.traits === b.traits &&
    a.vary === b.vary &&
    a.contentLocation === b.contentLocation
  );
}
