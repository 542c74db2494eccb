// A model of one's own, trained by the same trainer: a user is a row of numbers plus the items they have. In the product it would be one
// file in packages/models/src and one line in its record.
//
//     node examples/modelOfMyOwn.mjs DATA
//     users = p_u + |N(u)|^-1/2 * sum of q_i over N(u); items = q_i
//     (Koren 2008, "Factorization meets the neighborhood", the implicit part of eq. 15)
import { autograd, core, datasets, graphs, kernels, models, training } from 'agentmmrec';

const model = models.defineModel({
  name: 'svdpp',
  source: 'Koren 2008, KDD, eq. 15, implicit part',
  needs: [],
  options: { dimensions: core.integer(64, { min: 1, help: 'width of an embedding' }) },
  build: ({ data, device, random, options: { dimensions: d } }) => {
    const table = (name, rows) => {
      const memory = device.floats(rows * d);
      autograd.xavierNormal(device, memory, [rows, d], random.stream(name));
      return autograd.parameter(device, [rows, d], memory, name);
    };
    const [users, items] = [table('users', data.users), table('items', data.items)];
    const history = autograd.uploadSparse(device, shares(data.train));
    return {
      parameters: { users, items },
      forward: (tape) => ({ users: tape.add(users, tape.spmm(history, items)), items }),
    };
  },
});

/** [users, items]: 1 / sqrt(|N(u)|) where user u has the item. */
function shares(interactions) {
  const a = graphs.interactionMatrix(interactions);
  const values = Float32Array.from(a.indices, () => 1);
  for (let user = 0; user < a.rows; user++) {
    const [from, to] = [a.offsets[user], a.offsets[user + 1]];
    values.fill(1 / Math.sqrt(to - from), from, to);
  }
  return { ...a, values };
}

const seed = 999;
const data = await datasets.loadDataset(process.argv[2], {
  workspace: '.agentmmrec',
  splitSeed: seed,
  log: core.silentLog,
});
const { history } = await training.trainModel({
  model,
  data: { ...data.training, knowledge: null },
  validation: data.validation,
  device: kernels.openDevice('auto'),
  seed,
  training: { epochs: 60, patience: 60, batchSize: 1024, learningRate: 5e-3 },
});
for (const { epoch, loss, validation } of history.filter((one) => (one.epoch + 1) % 20 === 0)) {
  console.log(
    `epoch ${epoch + 1}: loss ${loss.toFixed(4)}, validation Recall@20 ${validation['recall@20'].toFixed(4)}`,
  );
}
