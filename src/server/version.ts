import { readFileSync } from 'node:fs';

/** The version of heddle, as its package says. */
export function heddleVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
