// Asks a server at a steady rate and prints what came of it, in a process of its own: node offerLoad.js GENERATOR REQUEST.json
import { readFileSync } from 'node:fs';
import type { Load, LoadRequest } from './load.js';

/** The part of autocannon that is used; it has no types of its own. */
interface LoadClient {
  setRequests(requests: readonly { readonly method: 'GET'; readonly path: string }[]): void;
}
type Autocannon = (options: object) => Promise<Load>;

const [generator, request] = process.argv.slice(2);
const { default: autocannon } = (await import(generator)) as { readonly default: Autocannon };
const { address, paths, perSecond, seconds, connections } = JSON.parse(readFileSync(request, 'utf8')) as LoadRequest;
const share = Math.ceil(paths.length / connections);
let next = 0;
const { latency, requests, non2xx, errors } = await autocannon({
  url: address,
  connections,
  overallRate: perSecond,
  duration: seconds,
  // Each connection has paths of its own: all of them for each would take it a second to make, and that second would count as the server's.
  setupClient: (client: LoadClient) => {
    const own = paths.slice(next * share, (next + 1) * share);
    next++;
    client.setRequests((own.length > 0 ? own : paths.slice(0, 1)).map((path) => ({ method: 'GET', path })));
  },
});
process.stdout.write(JSON.stringify({ latency, requests, non2xx, errors }));
