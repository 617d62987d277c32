import { fileURLToPath } from 'node:url';
import type { FetchApp } from '#fetch/fetch-app.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Context } from './context.ts';
import { mentions, placeOfExport } from './module-place.ts';
import type { ServeCall } from './serve-capture.ts';

/** The exports of a module, or the members of its default export. */
export type Members = Readonly<Record<string, unknown>>;

/** Something in a module that could answer requests. */
export interface FoundHandler {
  /** As it is called in messages: `default.fetch`. */
  readonly name: string;
  /** What is to answer. */
  readonly handler: unknown;
  /** Calls it, as a method where it is one: an app that is a class instance finds its fields. */
  readonly answer: FetchApp<Context>['fetch'];
  /** Where it stands. */
  readonly place: string;
}

/**
 * All that could answer requests, in the order in which it is looked for. A Node app is not among them: it comes behind
 * everything else, and frameworks export both.
 * @param exports of the module
 * @param call of `serve()`, if there was one
 * @param url of the module
 */
export function findHandlers(exports: Members, call: ServeCall | undefined, url: URL): FoundHandler[] {
  const found: FoundHandler[] = [];
  const { fetch, default: standard } = exports;
  if (isAnswering(fetch))
    found.push({
      ...{ name: 'the export fetch', place: placeOfExport(url, 'fetch') },
      ...{ handler: fetch, answer: fetch },
    });
  const method = hasMembers(standard) ? standard.fetch : undefined;
  const place = placeOfExport(url, 'default');
  if (isAnswering(method)) {
    const answer: FoundHandler['answer'] = (...args) => method.apply(standard, args);
    found.push({ name: 'default.fetch', handler: method, answer, place });
  } else if (isAnswering(standard) && standard.length <= 1 && !isClass(standard))
    found.push({ name: 'the default function', handler: standard, answer: standard, place });
  if (call !== undefined) {
    const { options } = call;
    const answer: FoundHandler['answer'] = (...args) => options.fetch(...args);
    found.push({ name: 'serve()', handler: options.fetch, answer, place: call.place });
  }
  return found;
}

function isAnswering(value: unknown): value is FoundHandler['answer'] {
  return typeof value === 'function';
}

/**
 * Refuses a module of which it cannot be said what answers.
 * @param found its handlers; the same one may be there several times
 * @throws {HeddleError} `ERR_HEDDLE_APP_TWO_HANDLERS`
 */
export function refuseTwo(found: readonly FoundHandler[]): void {
  const [first] = found;
  const other = found.find(({ handler }) => handler !== first?.handler);
  if (first === undefined || other === undefined) return;
  throw new HeddleError(
    'ERR_HEDDLE_APP_TWO_HANDLERS',
    `There are two handlers: ${first.name} in ${first.place} and ${other.name} in ${other.place}. Keep the one that is to answer.`,
  );
}

/**
 * Says what is missing of a module that exports no handler.
 * @param exports of the module
 * @param url of the module
 */
export function noHandler(exports: Members, url: URL): HeddleError {
  const place = placeOfExport(url, 'default');
  const standard = exports.default;
  // Node's name for what a CommonJS module exports.
  const write = 'module.exports' in exports ? WRITE.replace('export default', 'module.exports =') : WRITE;
  if (isClass(standard)) {
    const name = standard.name === 'default' || standard.name === '' ? 'App' : standard.name;
    return missing(`${place} exports a class. Export an instance: ${exporting(write)} new ${name}()`);
  }
  if (exports.fetch !== undefined && standard === undefined)
    return missing(
      `${placeOfExport(url, 'fetch')} exports a fetch that is ${kindOf(exports.fetch)}. ${write}`,
    );
  if (hasMembers(standard) && standard.fetch !== undefined)
    return missing(`${place} exports a fetch that is ${kindOf(standard.fetch)}. ${write}`);
  if (!('default' in exports)) {
    const late = LATE.find(({ call }) => mentions(url, call));
    const step = late?.step ?? write;
    return missing(`${fileURLToPath(url)} exports no handler. ${step}`);
  }
  return missing(`${place} exports no handler: the default export is ${kindOf(standard)}. ${write}`);
}

/** What a module may mean to do later, by itself. */
const LATE = [
  {
    call: /\bserve\(/,
    step: 'A serve() counts while the module is loaded: await at its top level what calls it, as in await main().',
  },
  { call: /\.listen\(/, step: 'Export the app or the server in place of its listen(): export default app.' },
] as const;

const WRITE = "Write: export default { fetch(request) { return new Response('Hello') } }";

/** `export default`, or what stands for it in CommonJS. */
function exporting(write: string): string {
  return write.slice('Write: '.length, write.indexOf(' {'));
}

function missing(text: string): HeddleError {
  return new HeddleError('ERR_HEDDLE_APP_NO_HANDLER', text);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return `a function of ${value.length} parameters`;
  return typeof value === 'object' ? 'an object without fetch' : `a ${typeof value}`;
}

/** Whether a value is an object or a function: frameworks export both. */
export function hasMembers(value: unknown): value is Members {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * Whether a value is a class, which cannot be called; also one that is written as a function.
 * @param value anything
 */
export function isClass(value: unknown): value is new () => unknown {
  if (typeof value !== 'function') return false;
  const methods: unknown = value.prototype;
  return (
    /^class\b/.test(Function.prototype.toString.call(value)) || (hasMembers(methods) && 'fetch' in methods)
  );
}
