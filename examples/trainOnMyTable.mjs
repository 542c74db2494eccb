// Trains LightGCN on a table of clicks and says what it would show to one user.
//
//     node examples/trainOnMyTable.mjs CLICKS.csv USER
//
// The table has the columns user and item, and may have timestamp, rating and x_label. It is split by users, 8:1:1.
import { core, datasets, kernels, models, training } from 'agentmmrec';

const [path, user] = process.argv.slice(2);
const seed = 999;
const dataset = await datasets.loadDataset(path, {
  workspace: '.agentmmrec',
  splitSeed: seed,
  kCore: 0,
  log: core.silentLog,
});
const device = kernels.openDevice('auto');
const { model, bestEpoch, validation } = await training.trainModel({
  model: models.findModel('lightgcn'),
  options: { layers: 2 },
  data: { ...dataset.training, knowledge: null },
  validation: dataset.validation,
  device,
  seed,
  training: { epochs: 200, patience: 10, batchSize: 1024, learningRate: 5e-3 },
});
const recall = validation.metrics['recall@20'].toFixed(4);
console.log(`best epoch ${bestEpoch + 1}, validation Recall@20 ${recall}`);

const { train, userIds, itemIds } = dataset.training;
for (const { item, score } of training.recommend({ model, device, train, user: userIds.indexOf(user), k: 5 })) {
  console.log(`${itemIds[item]}  ${score.toFixed(3)}`);
}
