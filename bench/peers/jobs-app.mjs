// An app whose pool can be filled: /sleep and /burn are jobs, / is not.

export default {
  tasks: './jobs-tasks.mjs',
  async fetch(request, { pool }) {
    const { url } = request;
    const path = url.slice(url.indexOf('/', 8));
    if (path === '/') return new Response('Hello');
    return new Response(await pool.execute(path.slice(1), [50]));
  },
};
