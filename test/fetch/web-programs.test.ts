import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { WebRequest } from '#fetch/web-request.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { runWebProgram, type WebWorld, webProgram } from '../support/web-program.ts';

const OPTIONS = { maxBodyBytes: 1000, fallbackAuthority: 'localhost' };
const RUNS = 3000;

const { Request: NativeRequest, Response: NativeResponse } = globalThis;
const uninstall = installWebGlobals();
const { Request: OurRequest, Response: OurResponse } = globalThis;
uninstall();

const OURS: WebWorld = {
  Request: OurRequest,
  Response: OurResponse,
  incoming: (method, fields, body) =>
    new WebRequest(fakeRequest({ method, fields, body, path: '/in' }), OPTIONS),
};
const NATIVE: WebWorld = {
  Request: NativeRequest,
  Response: NativeResponse,
  incoming: (method, headers, body) =>
    new NativeRequest('http://heddle.test/in', { method, headers, body: new Uint8Array(body) }),
};

test('whatever an app does with requests and responses comes to the same as with Node’s own classes', async () => {
  await fc.assert(
    fc.asyncProperty(webProgram, async (program) => {
      assert.deepEqual(await runWebProgram(OURS, program), await runWebProgram(NATIVE, program));
    }),
    { numRuns: RUNS },
  );
});
