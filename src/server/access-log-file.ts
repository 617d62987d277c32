import { HeddleError } from '#observe/heddle-error.ts';
import { type LineFile, openLineFile } from '#observe/line-file.ts';
import type { LineRing } from '#observe/line-ring.ts';
import { LineWriter } from '#observe/line-writer.ts';
import type { Log } from '#observe/log.ts';
import type { AccessLogSeat } from './access-log.ts';
import type { Settings } from './serve-options.ts';

/** Ten thousand lines and more for each thread, as come in a second in which a disk pauses or this thread gets no CPU. */
const RING_BYTES = 4_194_304;

/**
 * The access log of a server, in the thread that owns it: the one place that writes. What threads have put into their rings
 * is written though they have died.
 *
 * Start: {@link AccessLogFile.open}. Stop: {@link close}.
 */
export class AccessLogFile {
  readonly #writer: LineWriter;
  readonly #isTerminal: boolean;

  private constructor(file: LineFile, log: Log) {
    this.#isTerminal = file.isTerminal;
    this.#writer = new LineWriter(file, { what: 'access log', ringBytes: RING_BYTES, log });
  }

  /**
   * Opens what the options name.
   * @param settings all options
   * @param log where it is said that lines could not be written
   * @returns `undefined` where they name nothing
   * @throws {HeddleError} `ERR_HEDDLE_ACCESS_LOG` for a file that cannot be opened
   */
  static open({ accessLog: where }: Settings, log: Log): AccessLogFile | undefined {
    if (where === '') return undefined;
    try {
      return new AccessLogFile(openLineFile(where), log);
    } catch (cause) {
      throw openError(where, cause);
    }
  }

  /** A ring for one more thread. */
  join(): LineRing {
    return this.#writer.join();
  }

  /**
   * What a thread needs to write into a ring.
   * @param ring its own
   * @param settings as its generation has them
   */
  seat({ memory: ring }: LineRing, { accessLogFormat }: Settings): AccessLogSeat {
    const usual = this.#isTerminal ? 'dev' : 'combined';
    return {
      ring,
      bell: this.#writer.bell,
      format: accessLogFormat === 'auto' ? usual : accessLogFormat,
      hasColour: this.#isTerminal && !process.env.NO_COLOR,
    };
  }

  /** A thread has ended. */
  leave(ring: LineRing): void {
    this.#writer.leave(ring);
  }

  /** See `Server.reopenLogs`. */
  reopen(): Promise<void> {
    return this.#writer.reopen();
  }

  /**
   * Writes what there is, and ends; the second time it is called, too.
   * @returns resolves when it is written, or has taken too long
   */
  close(): Promise<void> {
    return this.#writer.close();
  }
}

const NEXT_STEPS: Readonly<Record<string, string>> = {
  ENOENT: 'Make the folder first',
  EACCES: 'Give another path, or the right to write there',
  EISDIR: 'Give the path of a file in it',
  ENXIO: 'Nobody reads that pipe: start its reader first',
};

function openError(where: string, cause: unknown): HeddleError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code';
  return new HeddleError(
    'ERR_HEDDLE_ACCESS_LOG',
    `The access log cannot be written to ${JSON.stringify(where)} (${code}). ${NEXT_STEPS[code] ?? 'Give another path'}, or leave it out.`,
    { cause },
  );
}
