/** Options by name, beside a default export that other runtimes read: `static` there would be Bun's own. */
const folder = './public';

export { folder as static };

/** What answers, for heddle. */
export function fetch(request: Request): Response {
  return new Response(`from the app: ${new URL(request.url).pathname}`);
}

export default { fetch };
