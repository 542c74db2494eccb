import type { Explorer } from './open.js';

/** How tools are offered. */
export interface ServeToolsRequest {
  readonly explorer: Explorer;
  readonly version: string;
  /** ends it; so does the end of the input */
  readonly signal: AbortSignal;
  /** told of faults that are not the asker's */
  readonly onError?: (error: unknown) => void;
}

/**
 * Offers the tools over standard input and output (Model Context Protocol) until the other side ends or the signal comes. The protocol
 * has the output to itself. Its packages are loaded here and not before.
 */
export async function serveTools({ explorer, version, signal, onError }: ServeToolsRequest): Promise<void> {
  const [{ buildToolServer }, { StdioServerTransport }] = await Promise.all([
    import('./mcp/server.js'),
    import('@modelcontextprotocol/sdk/server/stdio.js'),
  ]);
  const server = buildToolServer(explorer, version, onError);
  const ended = new Promise<void>((resolve) => {
    server.onclose = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    process.stdin.once('end', () => resolve());
  });
  await server.connect(new StdioServerTransport());
  if (!signal.aborted) await ended;
  await server.close();
  await explorer.close();
}
