import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { importCycles, importViolations, tableFaults } from './support/import-checks.ts';
import { type ParsedSource, parseSources } from './support/parse-sources.ts';
import {
  documentationViolations,
  namingViolations,
  purityViolations,
  sizeViolations,
  typeEscapeViolations,
} from './support/source-checks.ts';

type Check = (source: ParsedSource) => string[];
/** Where the source stands, the source, and what the check must say; undefined: nothing. */
type Row = readonly [path: string, text: string, expected: RegExp | undefined];

const IMPORTS: readonly Row[] = [
  ['src/http1/a.ts', `import { b } from './b.ts';\nimport '#semantics/c.ts';`, undefined],
  ['src/http1/a.ts', `import { x } from '#net/x.ts';`, /^src\/http1\/a\.ts:1: http1 may not import net/],
  [
    'src/net/a.ts',
    `\nimport type { X } from '#static/x.ts';`,
    /^src\/net\/a\.ts:2: net may not import static/,
  ],
  ['src/net/a.ts', `export type { X } from '#pool/x.ts';`, /net may not import pool/],
  ['src/net/a.ts', `let x: import('#fetch/x.ts').X;`, /net may not import fetch/],
  ['src/net/a.ts', `await import('#server/x.ts');`, /net may not import server/],
  ['src/net/a.ts', 'await import(`#server/x.ts`);', /net may not import server/],
  ['src/net/a.ts', `import.meta.resolve('#server/x.ts');`, /net may not import server/],
  ['src/net/a.ts', `import.meta.resolve('./x.ts');`, /not rewritten by the build/],
  ['src/net/a.ts', `import.meta.resolve('#net/x.ts');`, undefined],
  ['src/net/a.ts', 'await import(name);', /known at run time only/],
  ['src/server/a.ts', 'await import(name);', undefined],
  ['src/net/a.ts', `import x from '../http1/x.ts';`, /neither \.\/x\.ts nor #folder\/x\.ts/],
  ['src/net/a.ts', `import x from './x.js';`, /neither/],
  ['src/net/a.ts', `import x from '#net/x.ts';`, /same folder/],
  ['src/net/a.ts', `new Worker(new URL('./x.ts', import.meta.url));`, /not rewritten by the build/],
  ['src/net/a.ts', `import net from 'node:net';\nimport fs from 'node:fs/promises';`, undefined],
  ['src/net/a.ts', `import http from 'node:http';`, /net\/a\.ts may not import node:http/],
  ['src/net/a.ts', `process.getBuiltinModule('node:ffi');`, /may not import node:ffi/],
  ['src/native/a.ts', `process.getBuiltinModule('node:ffi');`, undefined],
  ['src/semantics/a.ts', `import { Buffer } from 'node:buffer';`, /may not import node:buffer/],
  ['src/net/a.ts', `import net from 'net';`, /net may not import net/],
  ['src/fetch/node-app.ts', `import http from 'node:http';`, undefined],
  ['src/fetch/web-body.ts', `import http from 'node:http';`, /may not import node:http/],
  ['src/server/a.ts', `import http2 from 'node:http2';`, /may not import node:http2/],
  ['src/cli/a.ts', `import { Command } from 'commander';`, undefined],
  ['src/server/a.ts', `import { Command } from 'commander';`, /server may not import commander/],
  ['src/static/a.ts', `import { Mime } from 'mime/lite';`, undefined],
  ['src/static/a.ts', `import x from 'mime-db';`, /static may not import mime-db/],
  ['src/cli/a.ts', `import mime from 'mime';`, /cli may not import mime/],
  ['src/utils/a.ts', '', /folder utils has no row/],
  ['src/index.ts', `export { serve } from '#server/serve.ts';`, undefined],
  ['src/index.ts', `export { main } from '#cli/main.ts';`, /may not import cli/],
  ['src/net/a.ts', `// import x from '#server/x.ts'\nconst s = "import x from '#server/x.ts'";`, undefined],
];

const ESCAPES: readonly Row[] = [
  ['src/net/a.ts', `const x: unknown = 'any'; switch (x) { default: break; }`, undefined],
  ['src/net/a.ts', 'let x: any;', /a\.ts:1: any/],
  ['src/net/a.ts', 'f(x as any);', /any/],
  ['src/net/a.ts', 'let x: Map<string, any[]>;', /any/],
  ['src/net/a.ts', '// @ts-ignore\nf();', /@ts-ignore/],
  ['src/net/a.ts', '// @ts-expect-error\nf();', /@ts-expect-error/],
  ['src/net/a.ts', 'export default 1;', /default export/],
  ['src/net/a.ts', 'export default function f() {}', /default export/],
  ['src/net/a.ts', 'const a = 1; export { a as default };', /default export/],
];

const DOCUMENTATION: readonly Row[] = [
  ['src/net/a.ts', '/** Says it. */\nexport const a = 1;\nconst b = 2;', undefined],
  ['src/net/a.ts', 'export const a = 1;', /a has no TSDoc/],
  ['src/net/a.ts', '/* Not TSDoc. */\nexport function f(): void {}', /f has no TSDoc/],
  ['src/net/a.ts', '/** Far away. */\n\nexport class C {}', /C has no TSDoc/],
  ['src/net/a.ts', '/** Of another. */\n// And a line.\nexport interface I {}', /I has no TSDoc/],
  ['src/net/a.ts', '/** One. */\nexport type A = 1;\nexport type B = 2;', /:3: B has no TSDoc/],
  ['src/net/a.ts', '/** Both. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;', undefined],
  ['src/net/a.ts', `export * from './b.ts';`, /export where it is declared/],
  ['src/net/a.ts', 'const a = 1; export { a };', /export where it is declared/],
  ['src/index.ts', `export { serve } from '#server/serve.ts';`, undefined],
];

const PURITY: readonly Row[] = [
  [
    'src/semantics/a.ts',
    'const t = new Date(ms).getUTCDay() + Date.UTC(2000, 1); x.process = { fetch: 1 };',
    undefined,
  ],
  ['src/semantics/a.ts', 'const t = Date.now();', /reads the clock/],
  ['src/semantics/a.ts', 'const t = new Date();', /reads the clock/],
  ['src/http1/a.ts', 'const t = new Date(ms);', /Date in a pure folder/],
  ['src/http1/a.ts', 'Atomics.add(a, 0, 1);', /Atomics/],
  ['src/http1/a.ts', 'const env = process.env;', /process/],
  ['src/http1/a.ts', 'setTimeout(f, 1);', /setTimeout/],
  ['src/http1/a.ts', 'async function f() {}', /async/],
  ['src/exchange/a.ts', 'async function f(): Promise<void> {}', undefined],
  ['src/exchange/a.ts', 'console.log(1);', /console/],
  ['src/net/a.ts', 'setTimeout(f, Date.now());', undefined],
];

const NAMING: readonly Row[] = [
  ['src/net/deadlines.ts', 'export class DeadlineSet {}\nexport function sendData() {}', undefined],
  ['src/net/socket-utils.ts', '', /'utils' says nothing/],
  ['src/net/a.ts', 'export class ConnectionManager {}', /'Manager' says nothing/],
  ['src/net/a.ts', 'export interface SocketInfo {}', /'Info' says nothing/],
];

const CHECKS: readonly (readonly [title: string, check: Check, rows: readonly Row[]])[] = [
  ['imports', importViolations, IMPORTS],
  ['types', typeEscapeViolations, ESCAPES],
  ['TSDoc', documentationViolations, DOCUMENTATION],
  ['purity', purityViolations, PURITY],
  ['names', namingViolations, NAMING],
];

/** All rows are parsed at once, each in a folder of its own: every call of the parser starts a process. */
function parseRows(rows: readonly Row[]): ParsedSource[] {
  const files = Object.fromEntries(rows.map(([path, text], index) => [`row-${index}/${path}`, text]));
  return parseSources(files).map((source, index) => ({ ...source, path: rows[index]![0] }));
}

const parsed = parseRows(CHECKS.flatMap(([, , rows]) => rows)).values();

for (const [title, check, rows] of CHECKS) {
  suite(`the check of ${title}`, () => {
    for (const [path, text, expected] of rows) {
      const violations = check(parsed.next().value!);
      test(`${expected === undefined ? 'allows' : 'refuses'} in ${path}: ${JSON.stringify(text)}`, () => {
        if (expected === undefined) assert.deepEqual(violations, []);
        else assert.match(violations.join('\n'), expected);
      });
    }
  });
}

test('a circle of imports is found and named, a thread entry is none', () => {
  const circle = {
    'src/net/a.ts': `import './b.ts';`,
    'src/net/b.ts': `import type { C } from '#http1/c.ts';`,
    'src/http1/c.ts': `import '#net/a.ts';`,
  };
  assert.deepEqual(importCycles(parseSources(circle)), [
    'src/net/a.ts -> src/net/b.ts -> src/http1/c.ts -> src/net/a.ts',
  ]);
  const entry = { 'src/net/a.ts': `import.meta.resolve('#net/b.ts');`, 'src/net/b.ts': `import './a.ts';` };
  assert.deepEqual(importCycles(parseSources(entry)), []);
});

test('a file of 401 lines is refused, one of 400 is not', () => {
  assert.deepEqual(sizeViolations('src/net/a.ts', 'x\n'.repeat(400)), []);
  assert.deepEqual(sizeViolations('src/net/a.ts', 'x\n'.repeat(401)), [
    'src/net/a.ts: 401 lines, at most 400',
  ]);
});

test('a table that lets siblings import each other is refused', () => {
  const rule = { rank: 3, node: [] };
  const faults = tableFaults({ net: { ...rule, folders: ['pool'] }, pool: { ...rule, folders: ['lost'] } });
  assert.equal(faults.length, 2);
});
