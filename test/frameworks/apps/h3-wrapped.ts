import { setTimeout as delay } from 'node:timers/promises';
import { getRequestIP, H3 } from 'h3';

const app = new H3();

app.get('/later', (event) => {
  event.waitUntil(delay(500).then(() => console.log('the work is done')));
  return `soon, ${getRequestIP(event)}`;
});

// H3 looks for both on the request itself.
export default {
  fetch: (request, { ip, waitUntil }) => app.fetch(Object.assign(request, { ip, waitUntil })),
};
