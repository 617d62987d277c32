import { REJECTIONS } from '#http1/rejection.ts';
import {
  FRAMED_OTHERWISE,
  HANDED_ON_OTHERWISE,
  KEPT_OTHERWISE,
  type KnownDifference,
  REFUSED_BY_NODE,
} from './known-differences.ts';
import type { Reading, ReadRequest } from './reading.ts';

/**
 * What came of one input.
 * - `agree`: the same requests, and the same end.
 * - `both refuse`: the same requests, then both refuse, each for its reason.
 * - `heddle alone refuses`: the same requests, then a refusal of ours; `why` is its row of `REJECTIONS`.
 * - `known difference`: the same requests, then one of the listed differences; `why` says which.
 * - `undecided`: the same requests, then Node's parser refuses a head that is not complete.
 * - `not compared`: the same requests, then one that asks for another protocol, behind which Node's parser stops.
 * - `finding`: the two read different requests from the same bytes, or differ in a way that is not listed.
 */
export type Verdict =
  | { readonly kind: 'agree' | 'both refuse' | 'undecided' | 'not compared'; readonly why?: undefined }
  | { readonly kind: 'heddle alone refuses' | 'known difference' | 'finding'; readonly why: string };

/**
 * Compares two readings of the same bytes.
 * @param bytes one character a byte
 * @param heddle our reading
 * @param node that of Node's parser
 */
export function compareReadings(bytes: string, heddle: Reading, node: Reading): Verdict {
  const common = Math.min(heddle.requests.length, node.requests.length);
  for (let index = 0; index < common; index += 1) {
    const request = heddle.requests[index] as ReadRequest;
    const theirs = node.requests[index] as ReadRequest;
    const framed = FRAMED_OTHERWISE.find((known) => known.concerns(request, bytes, theirs));
    if (framed !== undefined) return knownDifference(framed);
    const difference = firstDifference(
      request,
      HANDED_ON_OTHERWISE.reduce((told, { asOurs }) => asOurs(told), theirs),
    );
    if (difference !== undefined) return { kind: 'finding', why: `request ${index}: ${difference}` };
    const kept = KEPT_OTHERWISE.find((known) => known.concerns(request, bytes, theirs));
    if (kept !== undefined) return knownDifference(kept);
  }
  return compareEnds(bytes, heddle, node, common);
}

/** What follows on the requests that both have. */
function compareEnds(bytes: string, heddle: Reading, node: Reading, common: number): Verdict {
  const isOurTurn = heddle.requests.length === common;
  const isNodesTurn = node.requests.length === common;
  const heddleRefuses = isOurTurn && heddle.end in REJECTIONS;
  const nodeRefuses = isNodesTurn && node.end.startsWith('HPE_');
  if (heddleRefuses) {
    return nodeRefuses ? { kind: 'both refuse' } : { kind: 'heddle alone refuses', why: heddle.end };
  }
  if (nodeRefuses) return judgeRefusal(bytes, node.end, heddle.requests[common] ?? heddle.begun);
  const { begun } = heddle;
  const framed = FRAMED_OTHERWISE.find((known) => begun !== undefined && known.concerns(begun, bytes));
  if (framed !== undefined) return knownDifference(framed);
  if (isNodesTurn && node.end === 'upgrade') return { kind: 'not compared' };
  if (isOurTurn && isNodesTurn && heddle.end === node.end) return { kind: 'agree' };
  const [ours, theirs] = [heddle, node].map(({ requests, end }) => `${requests.length} requests, ${end}`);
  return { kind: 'finding', why: `${ours}; by Node ${theirs}` };
}

/** @param request the one that Node's parser refuses, as far as we have read it */
function judgeRefusal(bytes: string, code: string, request: ReadRequest | undefined): Verdict {
  if (request === undefined) return { kind: 'undecided' };
  const known = REFUSED_BY_NODE.find(
    ({ codes, concerns }) => codes.includes(code) && concerns(request, bytes),
  );
  return known === undefined
    ? { kind: 'finding', why: `Node alone refuses: ${code}` }
    : knownDifference(known);
}

function knownDifference({ what, section }: KnownDifference): Verdict {
  return { kind: 'known difference', why: `${what} (${section})` };
}

function firstDifference(ours: ReadRequest, theirs: ReadRequest): string | undefined {
  for (const part of ['method', 'target', 'minorVersion', 'body'] as const) {
    if (ours[part] !== theirs[part])
      return `${part} ${JSON.stringify(ours[part])}; by Node ${JSON.stringify(theirs[part])}`;
  }
  for (const part of ['fields', 'trailers'] as const) {
    const [mine, others] = [ours[part].join('\n'), theirs[part].join('\n')];
    if (mine !== others) return `${part} ${JSON.stringify(mine)}; by Node ${JSON.stringify(others)}`;
  }
  return undefined;
}
