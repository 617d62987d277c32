import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Task } from '#pool/task.ts';
import { TaskQueue } from '#pool/task-queue.ts';

function fill(count: number): { queue: TaskQueue; tasks: Task[] } {
  const queue = new TaskQueue();
  const tasks = Array.from({ length: count }, (_, at) => new Task({ kind: 'named', name: `${at}` }, [], {}));
  for (const task of tasks) queue.push(task);
  return { queue, tasks };
}

function drainNames(queue: TaskQueue): string[] {
  const names: string[] = [];
  for (let task = queue.shift(); task !== undefined; task = queue.shift()) names.push(task.order.name);
  return names;
}

test('tasks leave in the order in which they came', () => {
  const { queue } = fill(3);
  assert.equal(queue.size, 3);
  assert.deepEqual(drainNames(queue), ['0', '1', '2']);
  assert.equal(queue.size, 0);
});

for (const [where, gone] of [
  ['first', 0],
  ['middle', 1],
  ['last', 2],
] as const) {
  test(`the ${where} task can leave out of turn, and the queue goes on working`, () => {
    const { queue, tasks } = fill(3);
    queue.remove(tasks[gone]!);
    assert.equal(queue.size, 2);
    queue.push(tasks[gone]!);
    assert.deepEqual(drainNames(queue), [...[0, 1, 2].filter((at) => at !== gone), gone].map(String));
  });
}

test('an emptied queue takes tasks again', () => {
  const { queue, tasks } = fill(1);
  queue.remove(tasks[0]!);
  assert.equal(queue.shift(), undefined);
  queue.push(tasks[0]!);
  assert.deepEqual(drainNames(queue), ['0']);
});
