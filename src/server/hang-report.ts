import { fileURLToPath } from 'node:url';
import { type BoardEntry, CONNECTION_STATES, type ConnectionBoard } from '#net/connection-board.ts';
import type { Diagnosis, StackFrame } from '#threads/diagnosis.ts';

/** So many requests are named where it is not known which of them holds the thread. */
const MOST_CANDIDATES = 5;
const MOST_FRAMES = 12;
/** Frames of heddle and Node say nothing to whoever has to mend an app. */
const OUR_FOLDER = new URL('../', import.meta.url).href;

/**
 * What is known of a thread that does not move, as lines for the log.
 * @param diagnosis of its stack
 * @param board of its connections
 * @param now in milliseconds since 1970
 */
export function describeHang(diagnosis: Diagnosis, board: ConnectionBoard | undefined, now: number): string {
  const current = diagnosis.kind === 'javascript' ? diagnosis.value : undefined;
  return [...describeRequests(requestsInFlight(board), current, now), ...describeStack(diagnosis)]
    .map((line) => `    ${line}`)
    .join('\n');
}

function requestsInFlight(board: ConnectionBoard | undefined): BoardEntry[] {
  const { handling, answering, unframed } = CONNECTION_STATES;
  return (board?.entries() ?? []).filter(
    ({ state }) => state === handling || state === answering || state === unframed,
  );
}

/** The only one in flight; else the one that the stopped code belongs to; else those it may be. */
function describeRequests(requests: readonly BoardEntry[], current: unknown, now: number): string[] {
  const known =
    typeof current === 'string' ? requests.filter((entry) => current.startsWith(entry.requestLine)) : [];
  const [culprit] = known.length > 0 ? oldestFirst(known) : requests.length === 1 ? requests : [];
  if (culprit !== undefined) return [`request: ${describeRequest(culprit, now)}`];
  // Begun, answered and over, or of a timer that an app set: it is not among those in flight.
  if (typeof current === 'string') return [`request: ${current}`];
  if (requests.length === 0) return ['no request is in flight: it hangs in work of its own'];
  const candidates = oldestFirst(requests)
    .slice(0, MOST_CANDIDATES)
    .map((entry) => `  ${describeRequest(entry, now)}`);
  return [`one of these ${requests.length} requests:`, ...candidates];
}

function oldestFirst(requests: readonly BoardEntry[]): BoardEntry[] {
  return requests.toSorted((a, b) => a.since - b.since);
}

function describeRequest({ requestLine, since }: BoardEntry, now: number): string {
  return `${requestLine} (for ${((now - since) / 1000).toFixed(1)} s)`;
}

function describeStack(diagnosis: Diagnosis): string[] {
  if (diagnosis.kind === 'native') {
    const detail = diagnosis.detail === '' ? '' : ` (${diagnosis.detail})`;
    return [`no stack: native code holds the thread${detail}`];
  }
  const theirs = diagnosis.frames.filter(({ url }) => url.startsWith('file:') && !url.startsWith(OUR_FOLDER));
  const frames = theirs.length > 0 ? theirs : diagnosis.frames;
  return frames.slice(0, MOST_FRAMES).map(describeFrame);
}

function describeFrame({ functionName, url, line, column }: StackFrame): string {
  const place = `${url.startsWith('file:') ? fileURLToPath(url) : url}:${line}:${column}`;
  return functionName === '' ? `at ${place}` : `at ${functionName} (${place})`;
}
