import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReloadTurns } from '#server/reload-turns.ts';

/** Reloads that end when the test says so. */
class Reloads {
  readonly begun: string[] = [];
  readonly turns: ReloadTurns = new ReloadTurns((reason) => this.#reload(reason));
  #ends: PromiseWithResolvers<void>[] = [];

  /** Ends the one that runs. */
  end(error?: Error): void {
    const end = this.#ends.shift();
    if (error === undefined) end?.resolve();
    else end?.reject(error);
  }

  #reload(reason: string): Promise<void> {
    this.begun.push(reason);
    assert.equal(this.#ends.length, 0, 'two reloads at a time');
    const end = Promise.withResolvers<void>();
    this.#ends.push(end);
    return end.promise;
  }
}

describe('the turns of reloads', () => {
  test('all that are asked for during a reload are one more behind it', async () => {
    const reloads = new Reloads();
    const first = reloads.turns.request('a');
    const second = reloads.turns.request('b');
    const third = reloads.turns.request('c');
    assert.equal(second, third);
    assert.deepEqual(reloads.begun, ['a']);
    reloads.end();
    await first;
    const late = reloads.turns.request('d');
    await Promise.resolve();
    assert.deepEqual(reloads.begun, ['a', 'b']);
    reloads.end();
    await second;
    assert.deepEqual(reloads.begun.slice(0, 2), ['a', 'b']);
    reloads.end();
    await late;
  });

  test('one that fails is followed all the same, and fails nobody else', async () => {
    const reloads = new Reloads();
    const first = reloads.turns.request('a');
    const second = reloads.turns.request('b');
    reloads.end(new Error('No luck.'));
    await assert.rejects(first, { message: 'No luck.' });
    await Promise.resolve();
    reloads.end();
    await second;
    assert.deepEqual(reloads.begun, ['a', 'b']);
  });

  test('one that is asked for when none is under way begins at once', async () => {
    const reloads = new Reloads();
    for (const reason of ['a', 'b']) {
      const reload = reloads.turns.request(reason);
      reloads.end();
      await reload;
    }
    assert.deepEqual(reloads.begun, ['a', 'b']);
  });
});
