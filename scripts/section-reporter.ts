// A reporter for node --test: how many tests stand behind each section of an RFC, and how they ended, in the order of
// the RFCs. A test counts for each section that its title names.
import type { TestEvent } from 'node:test/reporters';

interface Count {
  passed: number;
  failed: number;
}

const SECTION = /RFC(\d{4})((?:, |; | and )?§(\d+(?:\.\d+)*|[A-Z](?:\.\d+)*))+/g;
const NAMES: Readonly<Record<string, string>> = {
  3986: 'RFC 3986: URI',
  5952: 'RFC 5952: IPv6 Address Text Representation',
  6585: 'RFC 6585: Additional HTTP Status Codes',
  7239: 'RFC 7239: Forwarded HTTP Extension',
  9110: 'RFC 9110: HTTP Semantics',
  9112: 'RFC 9112: HTTP/1.1',
  9113: 'RFC 9113: HTTP/2',
};

/** The sections that a title names: `RFC9112§3, §3.2` are two. */
function sectionsIn(title: string): string[] {
  return Array.from(title.matchAll(SECTION)).flatMap(([text, rfc]) =>
    Array.from(text.matchAll(/§([\dA-Z.]+)/g), ([, number = '']) => `RFC${rfc}§${number.replace(/\.$/, '')}`),
  );
}

function report(counts: ReadonlyMap<string, Count>, tests: number): string {
  const lines: string[] = [];
  let rfc = '';
  const sections = [...counts].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  for (const [section, { passed, failed }] of sections) {
    const number = section.slice(3, 7);
    if (number !== rfc) lines.push('', NAMES[number] ?? `RFC ${number}`);
    rfc = number;
    lines.push(
      `  ${section.slice(7).padEnd(10)} ${String(passed).padStart(4)} passed${failed > 0 ? `, ${failed} FAILED` : ''}`,
    );
  }
  const all = sections.reduce((sum, [, { passed, failed }]) => sum + passed + failed, 0);
  lines.push('', `${sections.length} sections are named by ${all} titles; ${tests} tests ran.`, '');
  return lines.join('\n');
}

/** What `--test-reporter` wants: events in, text out. */
export default async function* reportSections(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = new Map<string, Count>();
  let tests = 0;
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details.type === 'suite') continue;
    tests += 1;
    for (const section of new Set(sectionsIn(data.name))) {
      const count = counts.get(section) ?? { passed: 0, failed: 0 };
      count[type === 'test:pass' ? 'passed' : 'failed'] += 1;
      counts.set(section, count);
    }
    if (type === 'test:fail') yield `FAILED: ${data.name} (${data.file}:${data.line})\n`;
  }
  yield report(counts, tests);
}
