// Draws the pictures of docs/architecture.md: `node docs/pictures/draw.mjs` writes layers.svg and data.svg beside this file.
// The layers are those that the architecture tests enforce. Colours follow the reader's light or dark setting.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const layers = createRequire(import.meta.url)('../../test/architecture/layers.cjs');

const says = {
  core: 'matrices, errors, options, random streams',
  kernels: 'typed kernels, devices, specs',
  datasets: 'readers, splits, sealed test',
  llm: 'language models, prompts, budget',
  autograd: 'tape, gradients, Adam',
  graphs: 'adjacency, neighbours',
  encoders: 'content to vectors',
  memory: 'versions of knowledge',
  evaluation: 'ranking, metrics, tests',
  models: 'recommenders as values',
  agents: 'Integrator, Utilizer, reasoners',
  training: 'trainer, feedback, checkpoints',
  experiments: 'studies, tables, reports',
  explorer: 'what a workspace holds: server, pages, tools',
  benchmarks: 'speed beside peers, a cost model',
  cli: 'the command and the library, published as agentmmrec',
};

const style = `
  svg { --ink: #1f2328; --soft: #59636e; --line: #8c959f; --box: #ffffff; --band: #f3f5f7; --key: #ddf4ff; --seal: #fff1e5; background: transparent }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --soft: #9aa4ae; --line: #6e7681; --box: #1c2128; --band: #161b22; --key: #10304d; --seal: #3d2611 }
  }
  text { font: 14px system-ui, sans-serif; fill: var(--ink) }
  .name { font-weight: 600 }
  .soft { font-size: 12px; fill: var(--soft) }
  .band { fill: var(--band) }
  .box { fill: var(--box); stroke: var(--line) }
  .key { fill: var(--key); stroke: var(--line) }
  .seal { fill: var(--seal); stroke: var(--line) }
  .arrow { fill: none; stroke: var(--soft); stroke-width: 1.5; marker-end: url(#head) }
  .back { stroke-dasharray: 5 4 }
  #head path { fill: var(--soft) }
`;

const head =
  '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>';

function picture(width, height, title, body) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${style}</style>
<defs>${head}</defs>
${body.join('\n')}
</svg>
`;
}

const text = (x, y, words, kind = '', anchor = 'middle') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${kind}">${words}</text>`;

/** A box with a name and lines below it, all centred. */
function box(x, y, width, height, name, lines = [], kind = 'box') {
  const middle = x + width / 2;
  const first = y + height / 2 + 5 - lines.length * 8;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" class="${kind}"/>`,
    text(middle, first, name, 'name'),
    ...lines.map((line, n) => text(middle, first + 17 * (n + 1), line, 'soft')),
  ].join('\n');
}

/** An arrow along a path, and words beside it. */
const arrow = (path, kind = '') => `<path class="arrow ${kind}" d="M${path}"/>`;
const beside = (x, y, words) => text(x, y, words, 'soft', 'start');

function layersPicture() {
  const [width, left, gap, row] = [1000, 150, 12, 74];
  const inner = width - left - 20;
  const rows = [...layers.entries()].reverse().map(([level, names], at) => {
    const y = 16 + at * row;
    const one = (inner - gap * (names.length - 1)) / names.length;
    return [
      `<rect x="10" y="${y}" width="${width - 20}" height="${row - 10}" rx="8" class="band"/>`,
      text(26, y + 37, `layer ${level}`, 'soft', 'start'),
      ...names.map((name, n) => box(left + n * (one + gap), y + 8, one, row - 26, name, [says[name] ?? ''])),
    ].join('\n');
  });
  const y = 16 + layers.length * row;
  const addon = [
    `<rect x="10" y="${y}" width="${width - 20}" height="${row - 10}" rx="8" class="band"/>`,
    text(26, y + 37, 'addon', 'soft', 'start'),
    box(left, y + 8, inner / 2 - gap / 2, row - 26, 'native', ['C++20, one build an instruction set'], 'key'),
    box(
      left + inner / 2 + gap / 2,
      y + 8,
      inner / 2 - gap / 2,
      row - 26,
      'cuda',
      ['the same kernels on a card'],
      'key',
    ),
  ];
  return picture(width, y + row + 6, 'The layers: a package imports from lower layers only', [...rows, ...addon]);
}

function dataPicture() {
  const parts = [
    box(20, 20, 200, 66, 'files', ['MMRec, Amazon, MovieLens,', 'tables, synthetic catalogs']),
    box(300, 20, 200, 66, 'datasets', ['read, filter, split, seal']),
    box(580, 8, 200, 44, 'test, sealed', [], 'seal'),
    box(580, 60, 200, 44, 'validation'),
    box(580, 112, 200, 44, 'training data', [], 'key'),
    arrow('220 53 H298'),
    arrow('500 45 L578 30'),
    arrow('500 55 L578 80'),
    arrow('500 65 L578 132'),

    box(20, 210, 200, 66, 'encoders', ['texts and pictures', 'to item features']),
    box(300, 210, 200, 66, 'Integrator', ['preferences, properties'], 'key'),
    box(580, 210, 200, 66, 'reasoner', ['language model (llm, prompts)', 'or extractive']),
    arrow('680 156 V182 H120 V208'),
    beside(130, 176, 'texts, pictures'),
    arrow('400 182 V208'),
    beside(410, 199, 'also who bought what'),
    arrow('500 234 H578'),
    text(539, 228, 'asks', 'soft'),
    arrow('580 254 H502'),
    text(539, 271, 'answers', 'soft'),

    box(300, 325, 200, 66, 'memory', ['versions with their sources'], 'key'),
    box(580, 325, 200, 66, 'Utilizer', ['refines the item graph,', 'reranks lists'], 'key'),
    arrow('370 276 V323'),
    text(362, 296, 'writes', 'soft', 'end'),
    arrow('500 358 H578'),
    text(539, 352, 'reads', 'soft'),
    arrow('640 276 V323'),

    box(20, 450, 200, 66, 'graphs', ['raw: nearest items', 'by each modality']),
    box(300, 450, 200, 66, 'embeddings', ['and bmu, bmi: the nearest', 'by knowledge']),
    box(580, 450, 200, 66, 'rti', ['the item graph, refined']),
    arrow('120 276 V448'),
    beside(130, 320, 'features'),
    arrow('400 391 V448'),
    arrow('720 391 V448'),
    arrow('170 450 V420 H640 V393'),
    beside(180, 414, 'candidates'),

    box(300, 570, 200, 66, 'models', ['blocks, propagation,', 'convolutions'], 'key'),
    box(580, 570, 200, 66, 'training', ['BPR steps, early stop,', 'feedback rounds']),
    arrow('120 516 V603 H298'),
    beside(130, 596, 'features, raw graphs'),
    arrow('370 516 V568'),
    arrow('680 516 V543 H440 V568'),
    arrow('500 593 H578'),
    arrow('580 613 H502'),
    arrow('780 590 H835 V300 H450 V323', 'back'),
    beside(841, 340, 'feedback'),
    arrow('780 82 H905 V616 H782'),
    beside(911, 200, 'selects'),

    box(300, 690, 200, 66, 'evaluation', ['lists, before and after', 'reranking']),
    box(580, 690, 200, 66, 'experiments', ['tables, intervals, pages']),
    arrow('370 636 V688'),
    arrow('500 723 H578'),
    arrow('780 30 H975 V665 H440 V688'),
    text(800, 659, 'opened once', 'soft'),
  ];
  return picture(1000, 776, 'The way of data from files to tables', parts);
}

export function pictures() {
  return { 'layers.svg': layersPicture(), 'data.svg': dataPicture() };
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, svg] of Object.entries(pictures())) writeFileSync(join(import.meta.dirname, name), svg);
}
