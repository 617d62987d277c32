import fc from 'fast-check';
import { type Outcome, settled } from './web-outcome.ts';

/** A request or response that a program made. */
type Message = Request | Response;

/** The classes a program runs on. */
export interface WebWorld {
  readonly Request: typeof Request;
  readonly Response: typeof Response;
  /** A request that came in: of ours, or what Node's class makes of the same. */
  incoming(method: string, fields: Record<string, string>, content: Uint8Array): Request;
}

const READERS = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const;
const URL_TEXT = 'http://heddle.test/a?b=c';

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('{"a":1}', 'a=b&c=d'));
const bytes = fc.uint8Array({ maxLength: 6 });

async function* generated(parts: readonly unknown[], failure?: Error): AsyncGenerator<unknown> {
  yield* parts;
  if (failure !== undefined) throw failure;
}

/** Content to be made anew for each run: streams can be read once. */
const content: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom<(() => unknown)[]>(
    () => undefined,
    () => null,
    () => '',
    () => new URLSearchParams({ a: 'b', c: 'd e' }),
    () => new Blob(['{"a":1}'], { type: 'application/json' }),
    () => new File(['file'], 'name.txt', { type: 'Text/Plain' }),
    () => generated(['a'], new RangeError('midway')),
    () => new ReadableStream({ start: (controller) => controller.error(new RangeError('at once')) }),
    () => new ReadableStream({ start: (controller) => controller.close() }),
    () => ({ toString: () => 'an object' }),
    () => Symbol('no content'),
  ),
  text.map((value) => () => value),
  bytes.map((value) => () => value.slice()),
  bytes.map((value) => () => value.slice().buffer),
  fc.array(fc.oneof(text, bytes), { maxLength: 3 }).map((parts) => () => generated(parts)),
  fc.array(bytes, { maxLength: 3 }).map((parts) => () => ReadableStream.from(parts)),
  fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 4 }), { maxLength: 3 })
    .map((parts) => () => byteStream(parts)),
);

function byteStream(parts: readonly Uint8Array[]): ReadableStream {
  const rest = parts.map((part) => part.slice());
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const next = rest.shift();
      if (next !== undefined) controller.enqueue(next);
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}

const headers = fc.constantFrom<Record<string, string> | string[][]>(
  {},
  { 'X-A': '1' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  [
    ['set-cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['x-a', '1'],
    ['X-A', '2'],
  ],
  [['bad name', '']],
);
const responseInit = fc.record(
  {
    status: fc.constantFrom<unknown>(200, 201, 204, 205, 304, 404, 500, 100, 600, '203'),
    statusText: fc.constantFrom('', 'Made', 'a\nb'),
    headers,
  },
  { requiredKeys: [] },
);
const requestInit = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'put', 'HEAD', 'TRACE', 'a b'),
    headers,
    redirect: fc.constantFrom('manual', 'error'),
    body: content.map((make) => ({ make })),
  },
  { requiredKeys: [] },
);
const which = fc.nat({ max: 5 });
const field = fc.constantFrom('x-a', 'content-type', 'set-cookie', 'cookie', 'bad name');

/** One step of a program; `on` and `other` say on which of the messages that are there by then. */
export type WebStep = readonly [name: keyof typeof STEPS, on: number, other: number, argument: unknown];

/** Programs of the things that apps do to requests and responses. */
export const webProgram: fc.Arbitrary<WebStep[]> = fc.array(
  fc.oneof(
    step('response', fc.tuple(content, responseInit)),
    step('request', requestInit),
    step('incoming', fc.tuple(fc.constantFrom('POST', 'PUT', 'DELETE'), bytes)),
    step('json', fc.tuple(fc.constantFrom({ a: 1 }, null, undefined, 5), responseInit)),
    step('redirect', fc.constantFrom('http://heddle.test/b', '/relative')),
    step('error', fc.constant(undefined)),
    step('passOn', responseInit),
    step('rewrap', fc.constant(undefined)),
    step('requestOf', fc.option(requestInit, { nil: undefined })),
    step('requestWith', fc.constant(undefined)),
    { weight: 2, arbitrary: step('clone', fc.constant(undefined)) },
    { weight: 4, arbitrary: step('read', fc.constantFrom(...READERS)) },
    { weight: 2, arbitrary: step('look', fc.constant(undefined)) },
    step('face', fc.constant(undefined)),
    step('lock', fc.constant(undefined)),
    step('readOne', fc.constant(undefined)),
    step('cancel', fc.constant(undefined)),
    step('tee', fc.constant(undefined)),
    step('iterate', fc.constant(undefined)),
    step('sameStream', fc.constant(undefined)),
    step('setField', fc.tuple(field, fc.constantFrom('1', ' a ', 'text/html;charset=x', 'a\nb'))),
    step('appendField', fc.tuple(field, fc.constantFrom('1', 'é'))),
    step('deleteField', field),
  ),
  { minLength: 2, maxLength: 12 },
);

function step(name: keyof typeof STEPS, argument: fc.Arbitrary<unknown>): fc.Arbitrary<WebStep> {
  return fc.tuple(fc.constant(name), which, which, argument);
}

/** What a program has made, and what the messages have in common. */
interface Run {
  readonly world: WebWorld;
  readonly messages: Message[];
  /** Messages that have one stream between them have one number here. */
  readonly streams: number[];
  /** Messages whose `bodyUsed` is not compared: see {@link runWebProgram}. */
  readonly left: Set<Message>;
}

/** Adds a message that has the stream of another, or one of its own. */
function add(run: Run, message: Message, of?: Message): unknown {
  run.messages.push(message);
  const at = of === undefined ? -1 : run.messages.indexOf(of);
  run.streams.push(run.streams[at] ?? run.streams.length);
  return faceOf(message);
}

/** All that can be seen of a message without reading it. */
function faceOf(message: Message): unknown {
  const { headers, url } = message;
  const all = { fields: [...headers], cookies: headers.getSetCookie(), url };
  if (message instanceof Response) {
    const { status, statusText, ok, type, redirected } = message;
    return { ...all, status, statusText, ok, type, redirected };
  }
  const { method, mode, redirect, cache, credentials, referrer, keepalive, destination, duplex } = message;
  return { ...all, method, mode, redirect, cache, credentials, referrer, keepalive, destination, duplex };
}

type Step = (run: Run, on: Message, argument: never, other: Message) => unknown;

const STEPS = {
  response: (run, _, [make, init]: [() => string, ResponseInit]) =>
    add(run, new run.world.Response(make(), init)),
  request: (run, _, init: RequestInit & { body?: { make(): unknown } }) =>
    add(run, new run.world.Request(URL_TEXT, withBody(init))),
  incoming: (run, _, [method, bytes]: [string, Uint8Array]) =>
    add(run, run.world.incoming(method, { 'x-a': '1', cookie: 'a=1' }, bytes)),
  json: (run, _, [data, init]: [unknown, ResponseInit]) => add(run, run.world.Response.json(data, init)),
  redirect: (run, _, url: string) => add(run, run.world.Response.redirect(url)),
  error: (run) => add(run, run.world.Response.error()),
  passOn: (run, on, init: ResponseInit) => add(run, new run.world.Response(on.body, init), on),
  rewrap: (run, on) => add(run, new run.world.Response(on.body, on as Response), on),
  requestOf: (run, on, init: (RequestInit & { body?: { make(): unknown } }) | undefined) =>
    add(run, new run.world.Request(on as Request, init === undefined ? undefined : withBody(init))),
  requestWith: (run, on) => {
    const init = { method: 'POST', body: on.body, duplex: 'half' };
    return add(run, new run.world.Request(URL_TEXT, init as RequestInit), on);
  },
  clone: (run, on) => {
    const clone = on.clone();
    const at = run.messages.indexOf(on);
    const stream = run.streams[at];
    run.messages.forEach((message, index) => {
      if (message !== on && run.streams[index] === stream) run.left.add(message);
    });
    run.streams[at] = -1 - run.messages.length;
    return add(run, clone);
  },
  read: (_, on, name: (typeof READERS)[number]) => on[name](),
  look: (_, on) => [on.body === null, on.body?.locked],
  face: (_, on) => faceOf(on),
  lock: (_, on) => on.body?.getReader() === undefined,
  readOne: async (_, on) => {
    const reader = on.body?.getReader();
    const { done, value } = (await reader?.read()) ?? {};
    reader?.releaseLock();
    return { done, value };
  },
  // Not waited for: one half of a tee is cancelled only with the other.
  cancel: (_, on) => on.body?.cancel('enough').catch(() => {}) === undefined,
  tee: async (_, on) => {
    const halves = on.body?.tee() ?? [];
    return Promise.all(
      halves.map((half) => Array.fromAsync(half, (chunk) => Buffer.from(chunk).toString('latin1'))),
    );
  },
  iterate: async (_, on) => {
    let text = '';
    for await (const chunk of on.body ?? []) text += Buffer.from(chunk).toString('latin1');
    return text;
  },
  sameStream: (_, on, __: never, other) => on.body === other.body,
  setField: (_, { headers }, [name, value]: [string, string]) => headers.set(name, value),
  appendField: (_, { headers }, [name, value]: [string, string]) => headers.append(name, value),
  deleteField: (_, { headers }, name: string) => headers.delete(name),
} as const satisfies Record<string, Step>;

function withBody({ body, ...init }: RequestInit & { body?: { make(): unknown } }): RequestInit {
  return (body === undefined ? init : { ...init, body: body.make(), duplex: 'half' }) as RequestInit;
}

/**
 * Runs a program and tells what each step came to, and which bodies counted as used after it.
 *
 * Where a body was passed on to a second message and one of the two is cloned, the other counts as used as soon as
 * that; with Node's own class when the first byte is read. It cannot be read in both, and its `bodyUsed` is left out.
 * @param world the classes to run it on
 * @param program from {@link webProgram}
 */
export async function runWebProgram(world: WebWorld, program: readonly WebStep[]): Promise<unknown[]> {
  const run: Run = { world, messages: [], streams: [], left: new Set() };
  const log: (Outcome | unknown)[] = [];
  add(run, new world.Response('first'));
  add(run, world.incoming('POST', { 'x-a': '1' }, Buffer.from('second')));
  const used = () => run.messages.map((message) => (run.left.has(message) ? 'left' : message.bodyUsed));
  for (const [name, on, other, argument] of program) {
    const at = (index: number) => run.messages[index % run.messages.length] as Message;
    const act = STEPS[name] as Step;
    const running = settled(() => act(run, at(on), argument as never, at(other)));
    const before = used();
    const came = await running;
    // A pipe from one stream to another ends in a few ticks more or less.
    await new Promise(setImmediate);
    log.push(`${name} ${on % run.messages.length}`, before, came, used());
  }
  return log;
}
