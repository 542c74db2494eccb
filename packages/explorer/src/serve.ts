import { randomBytes } from 'node:crypto';
import { AmrError } from '@agentmmrec/core';
import type { Explorer } from './open.js';

/** Where and how an explorer is served. */
export interface ServeRequest {
  readonly explorer: Explorer;
  readonly version: string;
  /** `127.0.0.1` is this machine alone; any other needs a token */
  readonly host: string;
  /** 0: any that is free */
  readonly port: number;
  /** null: made where one is needed */
  readonly token: string | null;
  /** false: the API without pages; a folder: pages that were built elsewhere */
  readonly pages?: boolean | string;
  /** told of faults that are not the asker's */
  readonly onError?: (error: unknown) => void;
}

/** A server that listens. */
export interface ServedExplorer {
  readonly port: number;
  /** to open in a browser; holds the token where there is one */
  readonly address: string;
  /** null: nobody is asked for one */
  readonly token: string | null;
  /** Ends connections and releases what was opened. */
  close(): Promise<void>;
}

/** What a token may be made of, so that it is the same in an address, a header and a cookie. */
const TOKEN = /^[\w-]{16,256}$/;

/**
 * Serves an explorer over HTTP. The server's packages are loaded here and not before.
 * @throws AmrError input: a port that is taken, a token that is none; failed: pages that were not built
 */
export async function serveExplorer(request: ServeRequest): Promise<ServedExplorer> {
  const { explorer, host, pages = true } = request;
  const [{ buildServer, listen }, { builtPages }, { isLoopback }] = await Promise.all([
    import('./server/server.js'),
    import('./server/pages.js'),
    import('./server/guard.js'),
  ]);
  const token = request.token ?? (isLoopback(host) ? null : randomBytes(24).toString('base64url'));
  if (token !== null && !TOKEN.test(token)) throw noToken();
  const server = buildServer({ ...request, token, pages: pages === true ? builtPages : pages || null });
  const { port } = await listen(server, request);
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    port,
    token,
    address: `http://${name}:${port}/${token === null ? '' : `?token=${token}`}`,
    close: async () => {
      await server.close();
      await explorer.close();
    },
  };
}

function noToken(): AmrError {
  return new AmrError({
    what: '--token',
    got: 'a text that is none',
    expected: '16 letters, digits, _ or - at least',
    hint: 'leave it out: where one is needed it is made and printed',
  });
}
