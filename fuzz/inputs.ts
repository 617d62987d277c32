import { Random } from './random.ts';
import { MAKERS, TARGETS, type Target, type TargetName } from './targets.ts';

/** Which inputs to try: those with the numbers `first`, `first + step`, ... below `end`, until a moment. */
export interface InputRange {
  readonly target: TargetName;
  /** What the inputs are made from, together with their numbers. */
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** On the clock of `performance.timeOrigin + performance.now()`, in milliseconds. */
  readonly until: number;
}

/** An input that shows a fault. */
export interface Finding {
  readonly number: number;
  readonly what: string;
  /** Cut down as far as the fault still shows; one character a byte. */
  readonly bytes: string;
}

/** What came of a range. */
export interface RangeSummary {
  readonly inputs: number;
  /** How often each kind of outcome came. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** More of them tell nothing new. */
const MOST_FINDINGS = 5;
/** So often the clock is looked at. */
const INPUTS_A_LOOK = 256;

/** Tries a range of inputs in this thread. */
export function tryInputs(range: InputRange): RangeSummary {
  const target: Target = TARGETS[range.target];
  const make = MAKERS[range.target];
  const kinds: Record<string, number> = {};
  const findings: Finding[] = [];
  let inputs = 0;
  for (let number = range.first; number < range.end; number += range.step) {
    if (inputs % INPUTS_A_LOOK === 0 && performance.timeOrigin + performance.now() > range.until) break;
    const bytes = make(new Random(seedOf(range.seed, number)));
    const { kind, finding } = tryOne(target, bytes, range.seed, number);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    inputs += 1;
    if (finding === undefined) continue;
    findings.push({ number, what: finding, bytes: cutDown(target, bytes, range.seed, number) });
    if (findings.length === MOST_FINDINGS) break;
  }
  return { inputs, kinds, findings };
}

/** Adds up what came of several ranges. */
export function addSummaries(summaries: readonly RangeSummary[]): RangeSummary {
  const kinds: Record<string, number> = {};
  for (const summary of summaries) {
    for (const [kind, count] of Object.entries(summary.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  }
  return {
    inputs: summaries.reduce((sum, { inputs }) => sum + inputs, 0),
    kinds,
    findings: summaries.flatMap(({ findings }) => findings),
  };
}

function seedOf(seed: number, number: number): number {
  return Math.imul(seed, 0x85ebca6b) + number;
}

/** What the engine throws is a finding too: nothing that a peer sends may make it throw. */
function tryOne(target: Target, bytes: string, seed: number, number: number): ReturnType<Target> {
  try {
    // Cuts are made from numbers of their own, so that they stay the same while the bytes are cut down.
    return target(bytes, new Random(seedOf(seed, number) ^ 0x55555555));
  } catch (error) {
    return { kind: 'finding', finding: `thrown: ${error}` };
  }
}

/** Takes out pieces, from large to small, as long as there is a finding without them. */
function cutDown(target: Target, bytes: string, seed: number, number: number): string {
  let least = bytes;
  for (let size = bytes.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= least.length; ) {
      const without = least.slice(0, at) + least.slice(at + size);
      if (tryOne(target, without, seed, number).finding === undefined) at += size;
      else least = without;
    }
  }
  return least;
}
