import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { buildModel, findModel } from '../index.js';
import { checkerboard, checkerboardData } from '../testing/checkerboard.js';
import { fit } from '../testing/fit.js';
import { scoresOf } from '../testing/scores.js';

const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(12, 1);
const data = checkerboardData(device, train);
const build = (options: Record<string, unknown>) =>
  buildModel(findModel('mmssl'), { data, device, random: new RandomStreams(1) }, { dimensions: 8, ...options });

test('without the adversarial part there is one optimizer and no critic, and the one right item is found', () => {
  const model = build({ adversarial: false });
  expect(Object.keys(model.parameters).filter((name) => name.startsWith('critic'))).toEqual([]);
  expect(model.passes.map(({ updates }) => updates.length)).toEqual([1]);
  const losses = fit(model, { device, train, epochs: 30 });
  expect(losses[29]).toBeLessThan(0.5 * losses[0]);
  const scores = scoresOf(model, device, data);
  for (let user = 0; user < 12; user++) {
    const unseen = scores[user].map((score, item) => (item % 2 === user % 2 && item !== user ? -1 : score));
    expect(unseen.indexOf(Math.max(...unseen))).toBe(user);
  }
});

test('views: no items in the first epoch, then each user’s best that the user does not have, and made of the state when resumed', () => {
  const model = build({ graphShare: 0.2 }); // two of thirteen
  model.beforeEpoch(0);
  expect([...device.read(model.state.lists)].every((item) => item === -1)).toBe(true);
  model.beforeEpoch(1);
  const lists = device.read(model.state.lists).slice();
  expect(lists).toHaveLength(2 * 13 * 2);
  for (let place = 0; place < lists.length; place += 2) {
    const user = Math.floor(place / 2) % 13;
    const [first, second] = lists.subarray(place, place + 2);
    expect(first).not.toBe(second);
    const seen = train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]);
    expect([first, second].some((item) => seen.includes(item))).toBe(false);
  }
  const resumed = build({ graphShare: 0.2 });
  for (const [name, { data: memory }] of Object.entries(resumed.parameters)) {
    device.write(memory, name.includes('project') ? new Float32Array(memory.length) : model.parameters[name].read());
  }
  device.write(resumed.state.lists, lists);
  resumed.beforeEpoch(1, true);
  expect([...device.read(resumed.state.lists)]).toEqual([...lists]); // other content would have found others
});

test('heads that do not divide the dimensions are the caller’s mistake', () => {
  expect(() => build({ heads: 3 })).toThrow(/3 heads for 8 dimensions.*try --heads 1/s);
});
