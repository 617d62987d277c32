// Run by static-handler.test.ts under a low limit: uses every descriptor up and asks for a file. Prints JSON.
import { closeSync, openSync } from 'node:fs';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';

const root = process.argv[2] ?? '';
const handlers = [true, false].map((notFoundPage) => createStaticHandler({ root, notFoundPage }));
const ask = () => {
  return handlers.map((handler) => {
    const answer = handler(fakeRequest());
    return answer !== undefined && 'status' in answer ? answer : undefined;
  });
};

const descriptors: number[] = [];
try {
  for (;;) descriptors.push(openSync('/dev/null', 'r'));
} catch {
  // The limit is reached.
}
const [alone, besideApp] = ask();
for (const descriptor of descriptors) closeSync(descriptor);
const afterwards = ask()[0]?.status;
const retryAfter = alone?.fields[alone.fields.indexOf('retry-after') + 1];
console.log(JSON.stringify({ alone: alone?.status, besideApp: besideApp?.status, retryAfter, afterwards }));
