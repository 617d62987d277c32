import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadApp } from '#server/app-module.ts';
import { optionMeant } from '#server/option-spelling.ts';
import { OPTION_NAMES, SERVE_OPTIONS } from '#server/serve-options.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('an option is meant by its flag, written as in code', () => {
  for (const name of OPTION_NAMES) {
    const flag = /--([a-z-]+)/.exec(SERVE_OPTIONS[name].flag)?.[1] ?? '';
    const words = flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    assert.equal(optionMeant(words), name);
    assert.equal(optionMeant(flag), name);
  }
});

test('an option is meant by what is nearly its name, and none by what is like no name', () => {
  const cases = { maxbodybytes: 'maxBodyBytes', prot: 'port', thread: 'threads', keepAliveMS: 'keepAliveMs' };
  for (const [name, meant] of Object.entries(cases)) assert.equal(optionMeant(name), meant);
  for (const name of [
    'scheduled',
    'queue',
    'email',
    'name',
    'websocket',
    'routes',
    'constructor',
    'toString',
  ])
    assert.equal(optionMeant(name), undefined, name);
});

test('an app whose options are misspelt is warned of them, and not of what is for other servers', async () => {
  const folder = temporaryFolder({
    'app.mjs': `export default { maxBody: 5, prot: 80, scheduled() {}, threads: 1, fetch: () => new Response('x') };`,
  });
  const { warnings, passedOver } = await loadApp(pathToFileURL(`${folder}/app.mjs`));
  assert.deepEqual(warnings, [
    `maxBody in ${folder}/app.mjs is no option: is maxBodyBytes meant?`,
    `prot in ${folder}/app.mjs is no option: is port meant?`,
  ]);
  assert.deepEqual(passedOver, ['maxBody', 'prot', 'scheduled']);
});
