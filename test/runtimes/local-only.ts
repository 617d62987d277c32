// For Bun alone, which listens on every interface where an app says nothing: a test's server is this machine's.
const { Bun } = globalThis as unknown as { Bun: { serve(options: object): unknown } };
const { serve } = Bun;
Bun.serve = (options) => serve({ ...options, hostname: '127.0.0.1' });
