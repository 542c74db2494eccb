import type { PaperTable } from './paperRows.js';

/** Table 7: losses between the modality blocks. */
export const sslTable: PaperTable = {
  baby: {
    none: [705, 1079, 380, 475],
    InfoNCE: [707, 1082, 383, 480],
    DisAlign: [708, 1081, 384, 478],
  },
  sports: {
    none: [838, 1231, 454, 557],
    InfoNCE: [841, 1235, 456, 560],
    DisAlign: [842, 1235, 458, 560],
  },
  clothing: {
    none: [740, 1071, 404, 490],
    InfoNCE: [744, 1074, 406, 494],
    DisAlign: [742, 1077, 407, 496],
  },
};

export const sslTableSource = 'paper, Table 7';
