// Reranks lists of your own (here: the most popular items) by a knowledge memory, and says what rose most for a user.
//
//     npx agentmmrec knowledge build --data catalog --reasoner extractive --memory shop.amrk
//     node examples/rerankWithMyMemory.mjs catalog shop.amrk USER
import { agents, core, datasets, memory, training } from 'agentmmrec';

const [path, file, user] = process.argv.slice(2);
const { training: data } = await datasets.loadDataset(path, {
  workspace: '.agentmmrec',
  splitSeed: 999,
  log: core.silentLog,
});
const knowledge = memory.openMemory({ path: file, fingerprint: data.fingerprint, mode: 'read' });

const rerankDepth = 20;
const degrees = datasets.itemDegrees(data.train);
const popular = Array.from(degrees.keys()).sort((a, b) => degrees[b] - degrees[a] || a - b);
const userId = data.userIds.indexOf(user);
const items = popular.filter((item) => !datasets.hasInteraction(data.train, userId, item)).slice(0, rerankDepth);
const base = {
  userIds: Int32Array.of(userId),
  k: rerankDepth,
  items: Int32Array.from(items),
  scores: Float32Array.from(items, (item) => degrees[item]),
};
const reasoner = new agents.ExtractiveReasoner();
const call = { training: data, reasoner, knowledge, knowledgeSeed: 999, rerankDepth };
const { lists } = await training.rerankLists(base, call);
const after = Array.from(lists.items);
const rise = (item) => items.indexOf(item) - after.indexOf(item);
const risen = items.toSorted((a, b) => rise(b) - rise(a)).filter((item) => rise(item) > 0);
console.log(`${user} likes: ${knowledge.get('preference', userId).parts.text}`);
for (const item of risen.slice(0, 3)) {
  console.log(`up ${rise(item)} to place ${after.indexOf(item) + 1}: ${data.content[item].title}`);
}
knowledge.close();
