import type { MessageLimits } from '#http1/limits.ts';
import { compareReadings } from './differential.ts';
import { NO_LIMITS, readWithHeddle } from './heddle-reading.ts';
import { makeBytes } from './message-maker.ts';
import { NodeReader } from './node-reading.ts';
import { makePath, paths } from './path-target.ts';
import type { Random } from './random.ts';

/** What one input came to: a class for the summary, and what is wrong with it, if anything. */
export interface Outcome {
  /** Told in the summary with how often it came. */
  readonly kind: string;
  /** What must not be; `undefined` where all is well. */
  readonly finding?: string | undefined;
}

/** Tries one input; must give the same for the same bytes and random numbers. */
export type Target = (bytes: string, random: Random) => Outcome;

/** So small that many inputs reach them: bytes must be refused at the same place however they are cut. */
const SMALL_LIMITS: MessageLimits = {
  maxHeadBytes: 120,
  maxFields: 4,
  maxTargetBytes: 12,
  maxTrailerBytes: 24,
  maxChunkExtensionBytes: 8,
};

const node = new NodeReader();

/** Our engine and Node's parser read the same requests from the same bytes. */
function differential(bytes: string): Outcome {
  const theirs = node.read(Buffer.from(bytes, 'latin1'));
  const ours = readWithHeddle([Buffer.from(bytes, 'latin1')]);
  const verdict = compareReadings(bytes, ours, theirs);
  if (verdict.kind === 'finding') return { kind: 'finding', finding: verdict.why };
  return { kind: verdict.why === undefined ? verdict.kind : `${verdict.kind}: ${verdict.why}` };
}

/** The same bytes mean the same to our engine however they are cut. */
function splits(bytes: string, random: Random): Outcome {
  const limits = random.oneIn(2) ? SMALL_LIMITS : NO_LIMITS;
  const whole = JSON.stringify(readWithHeddle([Buffer.from(bytes, 'latin1')], limits));
  const parts = random.oneIn(4) ? Array.from(bytes) : cutAnywhere(bytes, random);
  const cut = JSON.stringify(
    readWithHeddle(
      parts.map((part) => Buffer.from(part, 'latin1')),
      limits,
    ),
  );
  const kind = parts.length === bytes.length ? 'byte by byte' : `${parts.length} parts`;
  return { kind, finding: cut === whole ? undefined : `whole: ${whole}; in ${kind}: ${cut}` };
}

function cutAnywhere(bytes: string, random: Random): string[] {
  const places = Array.from({ length: 1 + random.below(6) }, () => random.below(bytes.length + 1));
  const cuts = places.sort((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.slice(start, cuts[index] ?? bytes.length));
}

/** All targets, by name. */
export const TARGETS = { differential, splits, paths } as const satisfies Record<string, Target>;

/** What the inputs of each are made by. */
export const MAKERS: Readonly<Record<TargetName, (random: Random) => string>> = {
  differential: makeBytes,
  splits: makeBytes,
  paths: makePath,
};

/** The name of a target. */
export type TargetName = keyof typeof TARGETS;
