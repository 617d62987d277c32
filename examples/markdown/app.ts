import type { HeddleApp } from 'heddle';
import { render } from './tasks.ts';

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Markdown, rendered on the pool</title>
<form method="post" action="/render" enctype="text/plain">
  <textarea name="text" rows="20" cols="80"># Hello\n\nfrom a *pool thread*</textarea>
  <p><button>Render</button></p>
</form>
`;
/** What is rendered comes from whoever asks: none of it may run. */
const FIELDS = {
  'content-type': 'text/html;charset=UTF-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action 'self'",
};

/** Renders Markdown: work for the CPU, on the pool, while the server threads answer others. */
export default {
  tasks: new URL('./tasks.ts', import.meta.url),
  async fetch(request, { pool }) {
    if (request.method !== 'POST') return new Response(PAGE, { headers: FIELDS });
    const text = (await request.text()).replace(/^text=/, '');
    // Who goes away is not rendered for; a text that takes too long costs nobody else a thread for long.
    const job = pool?.execute('render', [text], { signal: request.signal, timeoutMs: 5_000 });
    // Other runtimes have no pool: they render here, and others wait.
    const html = await (job ?? render(text));
    return new Response(html, { headers: FIELDS });
  },
} satisfies HeddleApp<typeof import('./tasks.ts')>;
