/** Something small of a kind that CONTRIBUTING says how to add: its files, and what is written into files that are there. */
export interface Toy {
  /** the beginning of CONTRIBUTING's sentence */
  readonly kind: string;
  readonly files: Readonly<Record<string, string>>;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

const model: Toy = {
  kind: 'A model',
  files: {
    'packages/models/src/toyFactors.ts': `import { integer } from '@agentmmrec/core';
import { defineModel } from './contract/model.js';
import { nodeTable, sidesOf } from './parts/tables.js';

/** Inner products of two tables, trained by BPR alone. */
export const toyFactors = defineModel({
  name: 'toyFactors',
  source: 'a test',
  needs: [],
  options: { dimensions: integer(8, { min: 1, help: 'width of an embedding' }) },
  build: (context) => {
    const embedding = nodeTable(context, 'embedding', context.options.dimensions);
    return { parameters: { embedding }, forward: (tape) => sidesOf(tape, embedding, context.data.users) };
  },
});
`,
  },
  edits: [
    {
      file: 'packages/models/src/index.ts',
      find: "import { vbpr } from './vbpr.js';\n",
      replace: "import { toyFactors } from './toyFactors.js';\nimport { vbpr } from './vbpr.js';\n",
    },
    { file: 'packages/models/src/index.ts', find: '\n  agentmmrec,\n', replace: '\n  agentmmrec,\n  toyFactors,\n' },
  ],
};

const kernel: Toy = {
  kind: 'A kernel',
  files: {
    'native/kernels/toyHalf.h': `#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out = x / 2, any length. */
struct ToyHalf {
  float* out;
  const float* x;
  std::int64_t n;

  template <class Call>
  static ToyHalf read(Call& call) {
    ToyHalf s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    s.n = out.length;
    s.out = call.shape(out, s.n);
    s.x = call.shape(x, s.n);
    return s;
  }
};

}  // namespace amr
`,
    'native/kernels/toyHalf.cpp': `#include "kernels/toyHalf.h"

#include "simd/elements.h"

namespace amr::AMR_ISA {

void toyHalf(const ToyHalf& s, const Workers& workers) {
  const Vec half = splat(0.5f);
  forElements(workers, s.n, [&](std::int64_t i, int n) { storeN(s.out + i, half * loadN(s.x + i, n), n); });
}

}  // namespace amr::AMR_ISA
`,
    'packages/kernels/src/toyHalf.ts': `import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { KernelSpec } from './kernel.js';

/** out = x / 2, any length. */
export interface ToyHalf {
  out: Floats;
  x: Floats;
}

export const toyHalf: KernelSpec<ToyHalf> = {
  positional: ({ out, x }) => [out, x],
  outputs: ['out'],
  reference: ({ out, x }) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i] / 2;
  },
  cases: () => EDGE_LENGTHS.map((n) => ({ label: \`\${n}\`, call: { out: new Float32Array(n), x: realValues(n, 1) } })),
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'halves are exact' }),
  bytes: { formula: '8 nd', count: ({ out }) => 8 * out.length },
  flops: { formula: 'n d', count: ({ out }) => out.length },
  typical: (step) => [{ shape: 'a batch', call: { out: step.zeros(step.batch), x: step.floats(step.batch) } }],
};
`,
  },
  edits: [
    {
      file: 'native/kernels.def',
      find: 'AMR_KERNEL(axpby, Axpby)\n',
      replace: 'AMR_KERNEL(axpby, Axpby)\nAMR_KERNEL(toyHalf, ToyHalf)\n',
    },
    {
      file: 'packages/kernels/src/specs.ts',
      find: "import { unary, unaryBackward } from './unary.js';\n",
      replace: "import { toyHalf } from './toyHalf.js';\nimport { unary, unaryBackward } from './unary.js';\n",
    },
    { file: 'packages/kernels/src/specs.ts', find: '  axpby,\n', replace: '  axpby,\n  toyHalf,\n' },
  ],
};

const format: Toy = {
  kind: 'A data format',
  files: {
    'packages/datasets/src/formats/toyFormat.ts': `import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { IdNumbering } from './idNumbering.js';
import { InteractionRows } from './interactionRows.js';
import type { DatasetFormat } from './rawDataset.js';

/** \`clicks.toy\`: a line a pair, user and item with a space between. */
export const toyFormat: DatasetFormat = {
  name: 'toy',
  knownBy: 'clicks.toy',
  matches: (files) => files.has('clicks.toy'),
  async read(files) {
    const [users, items, rows] = [new IdNumbering(), new IdNumbering(), new InteractionRows()];
    for (const line of readFileSync(files.path('clicks.toy'), 'utf8').trimEnd().split('\\n')) {
      const [user, item] = line.split(' ');
      rows.add(users.numberOf(user), items.numberOf(item), undefined, undefined);
    }
    return {
      format: 'toy',
      name: basename(files.folder),
      userIds: users.ids,
      itemIds: items.ids,
      ...rows.take(),
      content: null,
      features: [],
      keepsAllIds: false,
      defaultKCore: 0,
      remarks: [],
    };
  },
};
`,
  },
  edits: [
    {
      file: 'packages/datasets/src/formats/readRaw.ts',
      find: "import { readTables, tableFormat } from './tableFormat.js';\n",
      replace:
        "import { readTables, tableFormat } from './tableFormat.js';\nimport { toyFormat } from './toyFormat.js';\n",
    },
    {
      file: 'packages/datasets/src/formats/readRaw.ts',
      find: '  mmrecFormat,\n',
      replace: '  mmrecFormat,\n  toyFormat,\n',
    },
  ],
};

const server: Toy = {
  kind: 'An LLM server',
  files: {
    'packages/llm/src/servers/toyParrot.ts': `import { defineServer, serverOptions } from './serverKind.js';

/** Answers with the last words it was shown. */
export const toyParrot = defineServer({
  name: 'toyParrot',
  schema: serverOptions,
  open: ({ contextLength }) => [
    {
      name: 'toyParrot',
      provider: 'toyParrot',
      model: 'parrot',
      slots: 1,
      contextLength,
      settings: {},
      identity: async () => ({
        provider: 'toyParrot',
        model: 'parrot',
        modelDigest: 'parrot',
        serverVersion: '1',
        reproducible: true,
        seesImages: false,
      }),
      complete: async ({ turns }) => ({
        text: turns.at(-1)?.text ?? '',
        usage: { inputTokens: 1, outputTokens: 1 },
        finish: 'stop',
        fingerprint: '',
      }),
    },
  ],
});
`,
  },
  edits: [
    {
      file: 'packages/llm/src/servers/index.ts',
      find: 'import type { LlmServerKind',
      replace: "import { toyParrot } from './toyParrot.js';\nimport type { LlmServerKind",
    },
    { file: 'packages/llm/src/servers/index.ts', find: 'openai } as const', replace: 'openai, toyParrot } as const' },
  ],
};

const verb: Toy = {
  kind: 'A verb',
  files: {
    'packages/cli/src/commands/toyGreet.ts': `import { choice } from '@agentmmrec/core';
import { defineCommand } from '../command.js';

export const toyGreet = defineCommand({
  example: 'agentmmrec toy greet --name Ada',
  options: { name: choice('Ada', ['Ada', 'Grace'], 'who is greeted') },
  async run({ name }, session) {
    session.say(\`hello \${name}\`);
    session.emit({ greeted: name });
  },
});
`,
  },
  edits: [
    {
      file: 'packages/cli/src/commands/index.ts',
      find: "  {\n    verb: 'doctor',",
      replace: `  {
    verb: 'toy greet',
    summary: 'say hello',
    load: async () => (await import('./toyGreet.js')).toyGreet,
  },
  {
    verb: 'doctor',`,
    },
  ],
};

export const toys = { model, kernel, format, server, verb } as const;
