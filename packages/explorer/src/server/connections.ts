import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds connections, so that those that ask nothing shut nobody out: one that has sent nothing is let go after a while, and sooner where
 * there are many of them, the oldest first. Node's own limits begin with the first byte.
 * @param most open at a time @param silentMs how long one may send nothing
 */
export function boundConnections(server: Server, most: number, silentMs: number): void {
  const mostSilent = Math.floor(most / 2);
  /** in the order in which they came; some may have spoken since */
  const silent = new Set<Socket>();
  server.maxConnections = most;
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    const letGo = () => {
      silent.delete(socket);
      if (socket.bytesRead === 0) socket.destroy();
    };
    const timer = setTimeout(letGo, silentMs).unref();
    socket.on('close', () => {
      clearTimeout(timer);
      silent.delete(socket);
    });
    for (const oldest of silent) {
      if (silent.size <= mostSilent) return;
      silent.delete(oldest);
      if (oldest.bytesRead === 0) oldest.destroy();
    }
  });
}
