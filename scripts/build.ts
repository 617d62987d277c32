// npm run build: src/*.ts -> the code and the types of dist/, as the package carries them.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeBundle } from './bundle.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const DIST = `${ROOT}dist/`;
const SHEBANG = '#!/usr/bin/env node\n';

// A module that was renamed would otherwise stay in the package under its old name.
rmSync(DIST, { recursive: true, force: true });
compileTypes();
await writeBundle(ROOT);
writeFileSync(`${DIST}package.json`, `${JSON.stringify(distManifest(), undefined, 2)}\n`);
makeExecutable(`${DIST}cli/main.js`);

/** What is not checked here `npm run check` checks. */
function compileTypes(): void {
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
    'package.json',
    'bin/tsc',
  );
  // tsc reports on stdout, which `npm pack` swallows.
  const { status } = spawnSync(process.execPath, [tsc, '-p', `${ROOT}tsconfig.build.json`], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** `#folder/x.ts` stays in types, and where a thread's entry is named: both lead to .js there, or to the .d.ts beside it. */
function distManifest(): object {
  const manifest: { imports: Record<string, string> } = JSON.parse(
    readFileSync(`${ROOT}package.json`, 'utf8'),
  );
  const imports = Object.keys(manifest.imports).map((name) => {
    const folder = name.slice(1, -'/*'.length);
    return [`#${folder}/*.ts`, `./${folder}/*.js`];
  });
  return { type: 'module', imports: Object.fromEntries(imports) };
}

function makeExecutable(path: string): void {
  if (!existsSync(path))
    throw new Error(`The build wrote no ${path}, which package.json names as the command.`);
  const code = readFileSync(path, 'utf8');
  if (!code.startsWith(SHEBANG)) writeFileSync(path, SHEBANG + code.replace(/^#!.*\n/, ''));
  chmodSync(path, 0o755);
}
