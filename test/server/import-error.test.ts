import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { importError, importModule } from '#server/import-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TREE = {
  'package.json': '{ "type": "module" }',
  'there.ts': 'export type Shape = 1;\nexport const value = 1;\n',
  'values.json': '{}',
  'far.ts': "import './enum.ts';\n",
  'enum.ts': 'const a: number = 1;\n\nexport enum Color { Red }\nexport { a };\n',
  'odd name/app.ts': 'const a = 1;\nconst b = = 2;\n',
  'node_modules/kept/package.json': '{ "name": "kept", "exports": "./index.js" }',
  'old.cjs': '\nthrow new Error("no luck");\n',
};

interface Case {
  readonly what: string;
  readonly source: string;
  /** Behind the folder: file, line and message, then the step. */
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'a file that is not there, in an import over several lines',
    source: "import fs from 'node:fs';\nimport {\n  a,\n} from './nowhere.ts';\n",
    says: /^app\.ts:4 could not be loaded: Cannot find module '.*nowhere\.ts'\. Check the path\.$/,
  },
  {
    what: 'a file that is not there, imported later',
    source: "const a = 1;\nawait import('./nowhere.ts');\n",
    says: /^app\.ts:2 could not be loaded: Cannot find module '.*nowhere\.ts'\. Check the path\.$/,
  },
  {
    what: 'a path without its ending',
    source: "\nimport { value } from './there';\n",
    says: /^app\.ts:2 could not be loaded: .*\. There is .*there\.ts: Node takes the path as it is written/,
  },
  {
    what: 'a path with the ending that a compiler would make',
    source: "import { value } from './there.js';\n",
    says: /^app\.ts:1 could not be loaded: .*\. There is .*there\.ts: /,
  },
  {
    what: 'a package that is not installed',
    source: "\n\nimport a from '@none/such/part';\n",
    says: /^app\.ts:3 could not be loaded: Cannot find package '@none\/such'\. Run npm install @none\/such\.$/,
  },
  {
    what: 'a part of a package that it does not give away',
    source: "\nimport a from 'kept/inside';\n",
    says: /^app\.ts:2 could not be loaded: Package subpath '\.\/inside'.* Import what/,
  },
  {
    what: 'a type that is imported as a value',
    source: "\nimport { Shape } from './there.ts';\n",
    says: /^app\.ts:2 could not be loaded: .*export named 'Shape'\. .*import type\.$/,
  },
  {
    what: 'JSON without its attribute',
    source: "\nimport values from './values.json';\n",
    says: /^app\.ts:2 could not be loaded: .*\. Write with \{ type: 'json' \} behind the import\.$/,
  },
  {
    what: 'an enum in a module that is imported',
    source: "import './far.ts';\n",
    says: /^enum\.ts:3 could not be loaded: .*enum is not supported.*`as const`.*erasableSyntaxOnly/,
  },
  {
    what: 'a namespace with values',
    source: '\nnamespace N { export const b = 1; }\n',
    says: /^app\.ts:2 could not be loaded: .*namespace.*Write a module of its own/,
  },
  {
    what: 'a parameter property',
    source: 'class A {\n  constructor(private readonly b: string) {}\n}\n',
    says: /^app\.ts:2 could not be loaded: .*parameter property.*Declare the field/,
  },
  {
    what: 'an import alias',
    source: "\nimport fs = require('node:fs');\n",
    says: /^app\.ts:2 could not be loaded: .*import equals.*Write import \.\.\. from/,
  },
  {
    what: 'a decorator, where Node does not say where',
    source: 'function d(..._: unknown[]) {}\nclass A { @d m() {} }\n',
    says: /^app\.ts could not be loaded: Invalid or unexpected token\. Node runs no decorators/,
  },
  {
    what: 'a syntax error in a folder with a blank',
    source: "import './odd name/app.ts';\n",
    says: /^odd name\/app\.ts:2 could not be loaded: /,
  },
  {
    what: 'an exception in CommonJS',
    source: "import './old.cjs';\n",
    says: /^old\.cjs:2 could not be loaded: no luck\. Mend it/,
  },
  {
    what: 'an exception whose message has several lines',
    source: "\nthrow new Error('\\nfirst.\\nsecond');\n",
    says: /^app\.ts:2 could not be loaded: first\. Mend it[^\n]*$/,
  },
];

describe('an import that fails is one line with file and line:', () => {
  for (const { what, source, says } of CASES) {
    test(what, async () => {
      const folder = temporaryFolder({ ...TREE, 'app.ts': source });
      const url = pathToFileURL(`${folder}/app.ts`);
      await assert.rejects(importModule(url), ({ code, message }: Error & { code?: string }) => {
        assert.equal(code, 'ERR_HEDDLE_APP_IMPORT');
        assert.ok(message.startsWith(`${folder}/`), message);
        assert.match(message.slice(folder.length + 1), says);
        assert.doesNotMatch(message, /\n/);
        return true;
      });
    });
  }
});

describe('whatever an import throws', () => {
  const url = pathToFileURL('/no/such/app.ts');
  const hostile = new Error('hidden');
  Object.defineProperty(hostile, 'message', {
    get() {
      throw new Error('from the getter');
    },
  });
  const values: readonly (readonly [what: string, thrown: unknown, says: RegExp])[] = [
    ['null', null, /^\/no\/such\/app\.ts could not be loaded: null\. /],
    ['an object without a prototype', Object.create(null), /a value without a text was thrown/],
    ['an error whose message throws', hostile, /an error without a message was thrown/],
    ['an empty message', new Error(''), /an error without a message was thrown/],
  ];
  for (const [what, thrown, says] of values) {
    test(`is told without failing: ${what}`, () => assert.match(importError(thrown, url).message, says));
  }
});
