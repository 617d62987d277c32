// Run by listing-names.test.ts: lists a folder without the rights of root, by its real and its effective user, and prints
// what it got as JSON.
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';

const root = process.argv[2] ?? '';
if (process.getuid?.() === 0) process.setuid?.(65_534);
const handler = createStaticHandler({ root, notFoundPage: true, listing: true });
const fields = { accept: 'application/json' };
const answer = await handler(fakeRequest({ path: '/', fields }));
const closed = await handler(fakeRequest({ path: '/closed/', fields }));
if (answer === undefined || !('body' in answer) || closed === undefined || !('status' in closed))
  throw new Error('There is no answer.');
const { entries } = JSON.parse(String(Buffer.from(answer.body as Uint8Array)));
const names = entries.map(({ name }: { name: string }) => name);
console.log(JSON.stringify({ names, closed: closed.status }));
