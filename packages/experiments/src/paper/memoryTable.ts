import type { PaperTable } from './paperRows.js';

/** Table 5: rounds of AgentMMRec on one memory, and a memory that another model rewrote before. */
export const memoryTable: PaperTable = {
  baby: {
    agentmmrec: [705, 1079, 380, 475],
    '1 extra': [710, 1086, 384, 481],
    '2 extra': [712, 1089, 387, 486],
    '3 extra': [712, 1089, 387, 486],
    'relay freedom': [705, 1081, 378, 478],
    'relay mmssl': [703, 1075, 380, 472],
    'relay llmrec': [706, 1080, 378, 475],
    'relay lgmrec': [705, 1079, 380, 475],
    'relay diffmm': [703, 1071, 380, 472],
    'relay smore': [711, 1084, 385, 483],
    'relay mentor': [710, 1085, 385, 480],
    'relay cohesion': [711, 1088, 385, 483],
    'relay hpmrec': [707, 1082, 382, 476],
  },
  sports: {
    agentmmrec: [838, 1231, 454, 557],
    '1 extra': [844, 1239, 458, 564],
    '2 extra': [847, 1244, 461, 568],
    '3 extra': [847, 1244, 461, 568],
    'relay freedom': [838, 1233, 452, 558],
    'relay mmssl': [835, 1226, 452, 553],
    'relay llmrec': [836, 1232, 455, 552],
    'relay lgmrec': [836, 1233, 455, 560],
    'relay diffmm': [835, 1229, 454, 554],
    'relay smore': [846, 1237, 460, 563],
    'relay mentor': [844, 1241, 459, 566],
    'relay cohesion': [844, 1236, 458, 565],
    'relay hpmrec': [838, 1231, 454, 557],
  },
  clothing: {
    agentmmrec: [740, 1071, 404, 490],
    '1 extra': [744, 1078, 409, 497],
    '2 extra': [747, 1081, 408, 500],
    '3 extra': [747, 1081, 408, 500],
    'relay freedom': [741, 1066, 405, 491],
    'relay mmssl': [740, 1070, 405, 486],
    'relay llmrec': [740, 1071, 404, 490],
    'relay lgmrec': [741, 1068, 407, 489],
    'relay diffmm': [740, 1068, 402, 487],
    'relay smore': [745, 1076, 406, 497],
    'relay mentor': [742, 1075, 406, 494],
    'relay cohesion': [745, 1080, 410, 498],
    'relay hpmrec': [742, 1071, 406, 494],
  },
};

export const memoryTableSource = 'paper, Table 5';
