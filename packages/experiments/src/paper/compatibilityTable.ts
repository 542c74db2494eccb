import type { PaperTable } from './paperRows.js';

/** Table 2: models as they are, with the graphs on top, with reranking on top. */
export const compatibilityTable: PaperTable = {
  baby: {
    'smore graph': [691, 1055, 371, 466],
    'smore rerank': [686, 1047, 369, 463],
    'mentor graph': [693, 1061, 370, 461],
    'mentor rerank': [685, 1053, 366, 453],
    'cohesion graph': [695, 1066, 365, 460],
    'cohesion rerank': [688, 1059, 358, 458],
    'hpmrec graph': [682, 1054, 366, 459],
    'hpmrec rerank': [677, 1042, 360, 454],
    smore: [680, 1035, 365, 457],
    mentor: [678, 1048, 362, 450],
    cohesion: [680, 1052, 354, 454],
    hpmrec: [667, 1033, 357, 451],
  },
  sports: {
    'smore graph': [799, 1190, 437, 532],
    'smore rerank': [785, 1170, 431, 527],
    'mentor graph': [792, 1180, 434, 532],
    'mentor rerank': [778, 1164, 427, 528],
    'cohesion graph': [780, 1174, 430, 525],
    'cohesion rerank': [773, 1159, 423, 519],
    'hpmrec graph': [785, 1174, 432, 530],
    'hpmrec rerank': [776, 1162, 427, 525],
    smore: [762, 1142, 408, 506],
    mentor: [763, 1139, 409, 511],
    cohesion: [752, 1137, 409, 503],
    hpmrec: [751, 1129, 410, 507],
  },
  clothing: {
    'smore graph': [709, 1041, 388, 473],
    'smore rerank': [688, 1021, 377, 462],
    'mentor graph': [707, 1035, 383, 466],
    'mentor rerank': [689, 1024, 370, 455],
    'cohesion graph': [697, 1033, 380, 462],
    'cohesion rerank': [681, 1015, 370, 453],
    'hpmrec graph': [698, 1025, 375, 449],
    'hpmrec rerank': [684, 1004, 362, 440],
    smore: [659, 987, 360, 443],
    mentor: [668, 989, 360, 441],
    cohesion: [665, 983, 358, 438],
    hpmrec: [658, 963, 351, 429],
  },
};

export const compatibilityTableSource = 'paper, Table 2';
