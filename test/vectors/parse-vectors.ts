import type { MessageLimits } from '#http1/limits.ts';
import { TEST_LIMITS, type Told } from '../support/protocol-driver.ts';

/** One case of a vector file; the format is told in README.md. */
export interface VectorCase {
  /** The line it begins at, from 1. */
  readonly line: number;
  readonly title: string;
  readonly limits: MessageLimits;
  /** What the peer sends. */
  readonly bytes: Buffer;
  /** Whether it sends FIN behind it. */
  readonly ends: boolean;
  /** What the engine tells, as {@link toldLines} writes it. */
  readonly expected: readonly string[];
}

/**
 * Reads the cases of a vector file.
 * @throws {Error} with file and line, for what is not in the format
 */
export function parseVectors(text: string, file: string): VectorCase[] {
  const cases: VectorCase[] = [];
  let lines: [number, string][] = [];
  const finish = () => {
    if (lines.length > 0) cases.push(parseCase(lines, file));
    lines = [];
  };
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('= ')) finish();
    lines.push([index + 1, line]);
  }
  finish();
  return cases;
}

function parseCase(lines: readonly [number, string][], file: string): VectorCase {
  const [[first, head]] = lines as [[number, string]];
  if (!head.startsWith('= ')) throw new Error(`${file}:${first}: a case begins with "= title".`);
  const expected: string[] = [];
  let bytes = '';
  let limits = TEST_LIMITS;
  let ends = false;
  for (const [number, line] of lines.slice(1)) {
    const where = `${file}:${number}`;
    if (line.startsWith('> ')) bytes += decodeEscapes(line.slice(2), where);
    else if (line.startsWith('< ')) expected.push(decodeEscapes(line.slice(2), where));
    else if (line.startsWith('limits ')) limits = { ...limits, ...parseLimits(line, where) };
    else if (line === 'fin') ends = true;
    else throw new Error(`${where}: unknown line: ${line}`);
  }
  return { line: first, title: head.slice(2), limits, bytes: Buffer.from(bytes, 'latin1'), ends, expected };
}

function parseLimits(line: string, where: string): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const setting of line.split(' ').slice(1)) {
    const [name = '', value = ''] = setting.split('=');
    if (!(name in TEST_LIMITS) || !/^\d+$/.test(value))
      throw new Error(`${where}: unknown limit: ${setting}`);
    limits[name] = Number(value);
  }
  return limits;
}

const LETTERS: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' };
const ESCAPE = /\\(?:x([0-9a-f]{2})|\{([^*]+)\*(\d+)\}|(.?))/g;

function decodeEscapes(text: string, where: string): string {
  if (!/^[ -~]*[!-~]$/.test(text))
    throw new Error(`${where}: write what is not printable ASCII, and a last space, as \\xHH.`);
  return text.replace(ESCAPE, (_, hex?: string, repeated?: string, count?: string, letter?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (repeated !== undefined) return decodeEscapes(repeated, where).repeat(Number(count));
    const byte = LETTERS[letter ?? ''];
    if (byte === undefined) throw new Error(`${where}: unknown escape in: ${text}`);
    return byte;
  });
}

/** Writes bytes so that each can be seen. */
export function encodeEscapes(bytes: string): string {
  return bytes
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * What was told, as the lines of a vector file.
 * @param withFields whether the field lines are written too
 */
export function toldLines(told: readonly Told[], withFields: boolean): string[] {
  return told.flatMap((item) => {
    switch (item.event) {
      case 'request':
        return withFields ? [requestLine(item), ...pairLines('field', item.fieldLines)] : [requestLine(item)];
      case 'data':
        return [`data ${item.bytes}`];
      case 'end':
        return ['end', ...pairLines('trailer', item.trailers)];
      case 'reject':
        return [`reject ${item.code}`];
      default:
        return [item.event];
    }
  });
}

type ToldRequest = Extract<Told, { event: 'request' }>;

function requestLine(told: ToldRequest): string {
  const parts = ['request', told.method, told.target, `HTTP/1.${told.minorVersion}`];
  if (told.form !== 'origin') parts.push(`form=${told.form}`);
  if (told.path !== told.target) parts.push(`path=${told.path}`);
  if (told.form === 'absolute') parts.push(`authority=${told.authority}`);
  if (told.framing !== 'none') parts.push(told.framing);
  if (told.expectsContinue) parts.push('continue');
  if (!told.persistent) parts.push('close');
  return parts.join(' ');
}

function pairLines(word: string, pairs: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += 2) lines.push(`${word} ${pairs[at]}=${pairs[at + 1]}`);
  return lines;
}
