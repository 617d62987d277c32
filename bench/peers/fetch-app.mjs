// The same file for heddle, Bun, Deno and srvx.
import { compute, RECORD, stream } from './answers.mjs';

export default {
  fetch(request) {
    const { url } = request;
    const path = url.slice(url.indexOf('/', 8));
    switch (path) {
      case '/':
        return new Response('Hello');
      case '/json':
        return Response.json(RECORD);
      case '/upload':
        return request.arrayBuffer().then((content) => new Response(String(content.byteLength)));
      case '/stream':
        return new Response(stream());
      case '/gc':
        globalThis.gc?.();
        return new Response('collected');
      case '/compute':
        return new Response(compute());
      default:
        return new Response('Not here', { status: 404 });
    }
  },
};
