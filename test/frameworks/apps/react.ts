import { createElement as h, Suspense, use } from 'react';
import { renderToReadableStream } from 'react-dom/server';

/** What the late part waits for; a request to /release settles it. */
let gate = Promise.withResolvers<string>();

function Late({ text }: { text: Promise<string> }) {
  return h('p', { id: 'late' }, use(text));
}

function Page({ text }: { text: Promise<string> }) {
  return h(
    'html',
    null,
    h(
      'body',
      null,
      h('h1', null, 'At once'),
      h(Suspense, { fallback: h('p', null, 'Loading') }, h(Late, { text })),
    ),
  );
}

export default {
  // The gate is one thread's.
  threads: 1,
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/release') {
      gate.resolve('It came late');
      gate = Promise.withResolvers();
      return new Response('released');
    }
    const stream = await renderToReadableStream(h(Page, { text: gate.promise }), {
      signal: request.signal,
      onError: (error: unknown) => console.error('rendering failed:', error),
    });
    if (pathname === '/whole') {
      console.log('all of it is waited for');
      await stream.allReady;
    }
    return new Response(stream, { headers: { 'content-type': 'text/html;charset=utf-8' } });
  },
};
