// Asks a server at a steady rate and prints what came of it, in a process of its own: node offerLoad.js GENERATOR REQUEST.json
import { readFileSync } from 'node:fs';
import type { Load, LoadRequest } from './load.js';

/** The parts of autocannon that are used; it has no types of its own. */
interface LoadClient {
  setRequests(requests: readonly { readonly method: 'GET'; readonly path: string }[]): void;
}
type Asking = Promise<Omit<Load, 'latency'>> & {
  on(event: 'response', heard: (client: unknown, status: number, bytes: number, milliseconds: number) => void): void;
};
type Autocannon = (options: object) => Asking;

const [generator, request] = process.argv.slice(2);
const { default: autocannon } = (await import(generator)) as { readonly default: Autocannon };
const { address, paths, perSecond, seconds, connections } = JSON.parse(readFileSync(request, 'utf8')) as LoadRequest;
const share = Math.ceil(paths.length / connections);
let next = 0;
const asking = autocannon({
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
// Our own quantiles: autocannon takes the time between two requests of a connection to be 1 / rate milliseconds, which are seconds, and
// so counts every millisecond of every answer as one more request that was late.
const times: number[] = [];
const apart = (1000 * connections) / perSecond;
asking.on('response', (_client, _status, _bytes, milliseconds) => {
  for (let late = milliseconds; late > 0; late -= apart) times.push(late);
});
const { requests, non2xx, errors } = await asking;
times.sort((left, right) => left - right);
const quantile = (part: number) => times[Math.ceil(part * times.length) - 1];
const latency = { p50: quantile(0.5), p99: quantile(0.99) };
process.stdout.write(JSON.stringify({ latency, requests, non2xx, errors }));
