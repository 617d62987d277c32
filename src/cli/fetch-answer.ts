import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeddleError } from '#observe/heddle-error.ts';
import type { ServerAddress } from '#server/running-server.ts';
import type { FetchRequest } from './fetch-request.ts';

/** How an answer is printed. */
export interface AnswerPrinting {
  /** Where to. It stays open. */
  readonly output: Writable;
  /** Whether the head is printed too. */
  readonly include: boolean;
  /** Called once the connection is there. */
  readonly onConnected: () => void;
}

/** An app may answer with more than a browser would take; it is for whoever looks at it to see. */
const MAX_HEAD_BYTES = 1_048_576;

/**
 * Sends a request and prints the answer as it comes.
 * @param address of the server
 * @param request what to send
 * @param printing where to and how much
 * @returns the status; resolves when the answer is at its end, or nobody reads the output any more
 * @throws {HeddleError} `ERR_HEDDLE_NO_ANSWER` where the connection ends before the answer does; `ERR_HEDDLE_OUTPUT` where
 *   it cannot be written
 */
export async function printAnswer(
  address: ServerAddress,
  request: FetchRequest,
  printing: AnswerPrinting,
): Promise<number> {
  const client = send(address, request);
  client.on('socket', (socket) => socket.once('connect', printing.onConnected));
  const { output, include } = printing;
  if (include) client.on('information', (head) => output.write(headOf(head), 'latin1'));
  try {
    const answer = await answerTo(client);
    if (include) output.write(headOf(answer), 'latin1');
    try {
      await pipeline(answer, output, { end: false });
    } catch (error) {
      if (isReaderGone(error)) return answer.statusCode ?? 0;
      throw isOutputError(error) ? unwritten(error) : brokenOff('end', error);
    }
    if (include) output.write(trailersOf(answer), 'latin1');
    return answer.statusCode ?? 0;
  } finally {
    client.destroy();
  }
}

function send({ host, port, path }: ServerAddress, request: FetchRequest): ClientRequest {
  const client = openRequest({
    ...(path === undefined ? { host, port } : { socketPath: path }),
    method: request.method,
    path: request.target,
    headers: request.fields,
    setDefaultHeaders: false,
    agent: false,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  client.end(request.content);
  return client;
}

function answerTo(client: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    client.once('response', resolve);
    client.on('error', (error) => reject(brokenOff('begin', error)));
    client.once('upgrade', (head) => reject(brokenOff('begin', new Error(`${head.statusCode}: an upgrade`))));
  });
}

type Head = Pick<
  IncomingMessage,
  'httpVersion' | 'statusCode' | 'statusMessage' | 'rawHeaders' | 'rawTrailers'
>;

/** As it came, byte for byte but for what stands around values. */
function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: Omit<Head, 'rawTrailers'>): string {
  return `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n${linesOf(rawHeaders as string[])}\r\n`;
}

function trailersOf({ rawTrailers }: Head): string {
  return rawTrailers.length === 0 ? '' : `\r\n${linesOf(rawTrailers)}`;
}

function linesOf(fields: readonly string[]): string {
  let lines = '';
  for (let at = 0; at < fields.length; at += 2) lines += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return lines;
}

/** `heddle fetch ... | head` has what it wanted. */
function isReaderGone(error: unknown): boolean {
  return isOutputError(error) && error.code === 'EPIPE';
}

function isOutputError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write';
}

function unwritten(cause: NodeJS.ErrnoException): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_OUTPUT',
    `The answer cannot be written to standard output (${cause.code}). Make room there, or send it elsewhere.`,
    { cause },
  );
}

function brokenOff(before: 'begin' | 'end', cause: unknown): HeddleError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
  const what = before === 'begin' ? 'There is no answer' : 'The answer broke off';
  return new HeddleError(
    'ERR_HEDDLE_NO_ANSWER',
    `${what}: the connection ended before its ${before === 'begin' ? 'beginning' : 'end'} (${code}). ` +
      'What the app threw, or how its thread ended, stands above.',
    { cause },
  );
}
