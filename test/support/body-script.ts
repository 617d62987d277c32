import fc from 'fast-check';
import { type Outcome, outcome, settled } from './web-outcome.ts';

/** One thing to do with a body; `side` says to which of an object and its clone. */
export interface BodyStep {
  readonly name: keyof typeof STEPS;
  readonly side: 0 | 1;
}

type Body = Request | Response;

const READERS = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const;

const STEPS = {
  ...Object.fromEntries(READERS.map((name) => [name, (body: Body) => body[name]()])),
  look: (body: Body) => [body.body === null, body.bodyUsed],
  lookAtStream: (body: Body) => body.body?.locked ?? null,
  lock: (body: Body) => body.body?.getReader() === undefined,
  readOne: async (body: Body) => {
    const reader = body.body?.getReader();
    if (reader === undefined) return null;
    const { done, value } = await reader.read();
    reader.releaseLock();
    return [done, value === undefined ? undefined : new TextDecoder().decode(value)];
  },
  // Not waited for: one half of a stream that was cloned is cancelled only with the other half.
  cancel: (body: Body) => {
    body.body?.cancel('enough').catch(() => {});
  },
  iterate: async (body: Body) => {
    let text = '';
    for await (const chunk of body.body ?? []) text += new TextDecoder().decode(chunk);
    return text;
  },
  dropType: (body: Body) => body.headers.delete('content-type'),
  setType: (body: Body) => body.headers.set('content-type', 'Text/HTML;charset=x'),
} as const satisfies Record<string, (body: Body) => unknown>;

/** Scripts of what an app may do to a body. */
export const bodyScript: fc.Arbitrary<BodyStep[]> = fc.array(
  fc.record({
    name: fc.constantFrom(...(Object.keys(STEPS) as (keyof typeof STEPS)[]), 'clone' as never),
    side: fc.constantFrom<(0 | 1)[]>(0, 1),
  }),
  { minLength: 1, maxLength: 7 },
);

/**
 * Runs a script and tells what each step came to, and whether the body counted as used while it ran.
 * @param first the object to run it on
 * @param script from {@link bodyScript}
 */
export async function runBodyScript(first: Body, script: readonly BodyStep[]): Promise<unknown[]> {
  const sides: [Body, Body] = [first, first];
  const log: (Outcome | string | boolean)[] = [];
  for (const { name, side } of script) {
    const body = sides[side];
    log.push(name);
    if ((name as string) === 'clone') {
      log.push(
        outcome(() => {
          sides[1] = body.clone();
          return sides[1].bodyUsed;
        }),
      );
      continue;
    }
    const running = settled(() => STEPS[name](body));
    log.push(body.bodyUsed, await running, body.bodyUsed);
  }
  return log;
}
