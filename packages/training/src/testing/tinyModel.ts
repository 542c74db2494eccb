import { parameter, Tensor, xavierNormal } from '@agentmmrec/autograd';
import { AmrError, integer, real } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import { type Batch, defineModel } from '@agentmmrec/models';
import type { TrainableData } from '../index.js';

/**
 * Matrix factorisation in plain TypeScript, with a user offset that feedback can replace (`state`) and a popularity term
 * over the training graph: the smallest model that depends on everything the trainer has to keep.
 */
export const tinyModel = defineModel({
  name: 'tiny',
  source: 'test',
  needs: [],
  options: { dimensions: integer(4, { min: 1, help: 'width' }), l2: real(0.001, { min: 0, help: 'regulariser' }) },
  build: ({ data, options, device, random, remark }) => {
    const d = options.dimensions;
    const table = (name: string, rows: number) => {
      const memory = device.floats(rows * d);
      xavierNormal(device, memory, [rows, d], random.stream(name));
      return parameter(device, [rows, d], memory, name);
    };
    const users = table('users', data.users);
    const items = table('items', data.items);
    const offsets = hostFloats(device.floats(data.users * d));
    const degrees = itemDegrees(data.train);
    remark('tiny');
    return {
      parameters: { users, items },
      state: { offsets },
      forward: (tape) => ({
        users: tape.add(users, new Tensor(device, [data.users, d], offsets, false, 'offsets')),
        items,
      }),
      fusedStep: (batch) => fusedStep(device, { users, items, offsets, degrees, d, l2: options.l2 }, batch),
      updateUserKnowledge: (userIds, rows) => {
        userIds.forEach((user, row) => {
          offsets.set(rows.data.subarray(row * d, (row + 1) * d), user * d);
        });
      },
    };
  },
});

interface Tables {
  users: ReturnType<typeof parameter>;
  items: ReturnType<typeof parameter>;
  offsets: Float32Array;
  degrees: Int32Array;
  d: number;
  l2: number;
}

/** BPR with the positive's gradient scaled by its degree in the training graph, so that the graph shows in the bits. */
function fusedStep(device: Device, tables: Tables, batch: Batch): number {
  const { users, items, offsets, degrees, d, l2 } = tables;
  const [u, v] = [users.read(), items.read()];
  const [du, dv] = [hostFloats(users.gradientBuffer()), hostFloats(items.gradientBuffer())];
  const ids = [batch.users, batch.positives, batch.negatives].map((memory) => device.read(memory));
  let loss = 0;
  for (let i = 0; i < batch.size; i++) {
    const [a, p, n] = ids.map((list) => list[i] * d);
    let score = 0;
    for (let c = 0; c < d; c++) score += (u[a + c] + offsets[a + c]) * (v[p + c] - v[n + c]);
    loss += Math.log1p(Math.exp(-score)) / batch.size;
    const slope = -1 / (1 + Math.exp(score)) / batch.size / Math.sqrt(degrees[ids[1][i]]);
    for (let c = 0; c < d; c++) {
      du[a + c] += slope * (v[p + c] - v[n + c]) + (l2 / batch.size) * u[a + c];
      dv[p + c] += slope * (u[a + c] + offsets[a + c]);
      dv[n + c] -= slope * (u[a + c] + offsets[a + c]);
    }
  }
  return loss;
}

function itemDegrees(interactions: Interactions): Int32Array {
  const degrees = new Int32Array(interactions.items);
  for (const item of interactions.itemIds) degrees[item]++;
  return degrees;
}

/** These tests run on host devices, whose memory is a typed array. */
function hostFloats(memory: ReturnType<Device['floats']>): Float32Array {
  if (memory instanceof Float32Array) return memory;
  throw new AmrError({ what: 'tiny', got: memory.dtype, expected: 'host memory', hint: 'use a host device' });
}

/** Interactions from one array of item ids a user. */
export function interactionsOfRows(items: number, rows: readonly (readonly number[])[]): Interactions {
  const sorted = rows.map((row) => [...new Set(row)].sort((a, b) => a - b));
  const offsets = new Int32Array(rows.length + 1);
  sorted.forEach((row, user) => {
    offsets[user + 1] = offsets[user] + row.length;
  });
  return { users: rows.length, items, offsets, itemIds: Int32Array.from(sorted.flat()) };
}

/**
 * A checkerboard: user u likes the items of its own parity. One liked item of each user is held back for validation and one
 * for test, so the answer is known.
 */
export function checkerboard(
  users = 24,
  items = 60,
): { data: TrainableData; validation: Interactions; test: Interactions } {
  const liked = (user: number) => Array.from({ length: items }, (_, item) => item).filter((i) => i % 2 === user % 2);
  const heldBack = (user: number, shift: number) => liked(user)[(user * 5 + shift) % liked(user).length];
  const rows = Array.from({ length: users }, (_, user) => user);
  const train = interactionsOfRows(
    items,
    rows.map((user) => liked(user).filter((item) => item !== heldBack(user, 0) && item !== heldBack(user, 1))),
  );
  const split = (shift: number) =>
    interactionsOfRows(
      items,
      rows.map((user) => [heldBack(user, shift)]),
    );
  const data = { name: 'checkerboard', fingerprint: 'c0ffee', users, items, train, features: [], knowledge: null };
  return { data, validation: split(0), test: split(1) };
}
