import { parentPort } from 'node:worker_threads';
import { FakeServer } from './fakeServer.js';

/**
 * A server in a thread of its own that answers every call at once with words of a usual length: what a call takes is then the
 * client's doing. Posts its port, and ends with the thread.
 */
const summary =
  'Prefers enamel and stoneware in muted blues for days outside, from brands that print plain marks, and comes back to ' +
  'pieces that stack, pour well and survive a fall; values weight over ornament, matt glazes over gloss, and names that say ' +
  'what a thing is for. Seldom takes patterned pieces, never sets of more than four, and mixes makers freely.';
const traits = ['blue enamel', 'stackable shapes', 'camping and hiking', 'plain marks'];
const preference = JSON.stringify({
  preferences: traits.map((trait) => ({ trait, strength: 'strong', evidence: 'P1, P2' })),
  summary,
});
const property = JSON.stringify({
  properties: traits.map((trait) => ({ trait, basis: 'stated', evidence: 'title' })),
  summary,
});

const server = new FakeServer({
  model: 'answering',
  digest: 'sha256:answering',
  usage: { input: 1200, output: 240 },
  // The schema's own words tell which task asks; the body is not parsed, for it may hold megabytes of pictures.
  unread: (body) => (body.includes('"basis"') ? property : preference),
});
await server.start();
parentPort?.postMessage(server.port);
