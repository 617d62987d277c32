/** Computes for 5 ms a request. */
export default {
  fetch(): Response {
    const end = performance.now() + 5;
    while (performance.now() < end);
    return new Response('computed\n');
  },
};
