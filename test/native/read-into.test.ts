import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { readAsEvents, readInto } from '#native/read-into.ts';

/** The two ends of a connection; the server's has read nothing yet. */
async function connected(context: TestContext): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const connection = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  context.after(() => client.destroy());
  const [accepted] = await connection;
  context.after(() => accepted.destroy());
  return { client, accepted };
}

/** Has a socket read into an array; what came, as it comes. */
function reading(
  socket: Socket,
  bytes: Buffer,
): { text: () => string; until: (text: string) => Promise<void> } {
  let text = '';
  let onMore: () => void = () => undefined;
  const isSo = readInto(socket, bytes, function (length, into) {
    assert.equal(this, socket);
    assert.equal(into, bytes);
    text += into.toString('latin1', 0, length);
    onMore();
    return true;
  });
  assert.ok(isSo);
  return {
    text: () => text,
    until: async (wanted) => {
      while (text !== wanted) {
        assert.ok(wanted.startsWith(text), text);
        await new Promise<void>((resolve) => {
          onMore = resolve;
        });
      }
    },
  };
}

suite('a socket that reads into an array', () => {
  test('tells what came by its callback alone, also where it is more than the array takes', async (context) => {
    const { client, accepted } = await connected(context);
    const bytes = Buffer.alloc(16);
    const { until } = reading(accepted, bytes);
    accepted.on('data', () => assert.fail('an event'));
    accepted.resume();
    client.write('hello');
    await until('hello');
    assert.equal(bytes.toString('latin1', 0, 5), 'hello');
    client.write('0123456789'.repeat(20));
    await until(`hello${'0123456789'.repeat(20)}`);
  });

  test('reads nothing while it is paused, and goes on', async (context) => {
    const { client, accepted } = await connected(context);
    const { until, text } = reading(accepted, Buffer.alloc(16));
    accepted.resume();
    client.write('a');
    await until('a');
    accepted.pause();
    assert.ok(accepted.isPaused());
    client.write('b');
    // Another connection of the same event loop is read meanwhile.
    const other = await connected(context);
    const beside = reading(other.accepted, Buffer.alloc(16));
    other.accepted.resume();
    other.client.write('c');
    await beside.until('c');
    assert.equal(text(), 'a');
    accepted.resume();
    await until('ab');
  });

  test('tells of the end of the other side', async (context) => {
    const { client, accepted } = await connected(context);
    const { text } = reading(accepted, Buffer.alloc(16));
    accepted.resume();
    client.end('bye');
    await once(accepted, 'end');
    assert.equal(text(), 'bye');
    assert.ok(accepted.readableEnded);
  });

  test('gives events again where it is told to, in arrays of their own', async (context) => {
    const { client, accepted } = await connected(context);
    const bytes = Buffer.alloc(16);
    const { until } = reading(accepted, bytes);
    accepted.resume();
    client.write('ours');
    await until('ours');
    accepted.pause();
    readAsEvents(accepted);
    client.write('theirs');
    accepted.resume();
    const [chunk] = (await once(accepted, 'data')) as [Buffer];
    assert.equal(chunk.toString(), 'theirs');
    bytes.fill('x');
    assert.equal(chunk.toString(), 'theirs');
    // A reader that is slow stops it, as any other.
    accepted.pause();
    client.end('z'.repeat(5_000_000));
    let length = 0;
    for await (const part of accepted) length += (part as Buffer).length;
    assert.equal(length, 5_000_000);
  });

  test('is told apart from one that cannot', async (context) => {
    const { client, accepted } = await connected(context);
    const own = new Socket();
    assert.equal(
      readInto(own, Buffer.alloc(1), () => true),
      false,
      'it has no connection',
    );
    readAsEvents(accepted);
    client.write('as ever');
    accepted.resume();
    const [chunk] = (await once(accepted, 'data')) as [Buffer];
    assert.equal(chunk.toString(), 'as ever');
  });
});
