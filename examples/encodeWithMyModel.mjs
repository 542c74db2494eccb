// Encodes the items of a data set with a sentence encoder of yours, as ONNX, and finds what is most like one item.
//
//     node examples/encodeWithMyModel.mjs MODEL_FOLDER catalog ITEM
//
// The folder holds tokenizer.json and model.onnx (or onnx/model.onnx), as model repositories or `optimum-cli export onnx` give them.
import { core, datasets, encoders, graphs, kernels } from 'agentmmrec';

const [folder, path, item] = process.argv.slice(2);
const { training } = await datasets.loadDataset(path, {
  workspace: '.agentmmrec',
  splitSeed: 999,
  log: core.silentLog,
});
const encoder = await encoders.onnxTextEncoder(folder);
const vectors = await encoder.encode(training.content.map(encoders.itemText));
console.log(`${vectors.rows} items, ${vectors.cols} wide, by ${encoder.id}`);

const device = kernels.openDevice('auto');
const { k, indices, scores } = graphs.neighbourGraph(device, vectors, { k: 3, self: 'exclude' }, 'items by text');
const row = training.itemIds.indexOf(item);
console.log(`like "${training.content[row].title}":`);
for (let n = row * k; n < (row + 1) * k; n++) {
  console.log(`  ${scores[n].toFixed(3)}  ${training.content[indices[n]].title}`);
}
