import type { PaperTable } from './paperRows.js';

/** Table 6: language models. */
export const backboneTable: PaperTable = {
  baby: {
    '7B': [705, 1079, 380, 475],
    '32B': [712, 1086, 385, 482],
    'GPT-4o': [716, 1088, 388, 488],
  },
  sports: {
    '7B': [838, 1231, 454, 557],
    '32B': [845, 1238, 458, 565],
    'GPT-4o': [848, 1244, 461, 570],
  },
  clothing: {
    '7B': [740, 1071, 404, 490],
    '32B': [745, 1079, 408, 498],
    'GPT-4o': [748, 1084, 411, 503],
  },
};

export const backboneTableSource = 'paper, Table 6';
