import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { trainedBits } from '../cuda/support/recordedRuns.js';
import { cardName } from './card.js';

test.each(['lightgcn', 'bpr', 'vbpr', 'agentmmrec'] as const)(
  '%s trains to the same bits by recorded steps as launch by launch',
  async (name) => {
    const recorded = await trainedBits(name, openDevice(cardName));
    const plain = await trainedBits(name, openDevice(cardName, { recordsWork: false }));
    expect(recorded.result.remarks.filter((remark) => remark.includes('launched kernel by kernel'))).toEqual([]);
    expect(recorded.result.history).toEqual(plain.result.history);
    expect(recorded.bits).toEqual(plain.bits);
  },
);
