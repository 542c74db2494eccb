import type { ServerResponse } from 'node:http';
import type { Explorer } from '../open.js';
import { jobsOf } from './jobs.js';

/** How often the workspace is looked at while somebody listens. */
const LOOK_MS = 1000;
const HEARTBEAT_MS = 15_000;
/** Listeners at a time. */
export const MOST_LISTENERS = 32;
/** A listener that has taken nothing of so much is let go. */
const MOST_WAITING_BYTES = 1 << 20;

/** Tells listeners what changed in a workspace. Nobody looks while nobody listens. */
export class Events {
  private readonly listeners = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | null = null;
  private heartbeat: NodeJS.Timeout | null = null;
  private told = new Map<string, string>();

  constructor(private readonly explorer: Explorer) {}

  get count(): number {
    return this.listeners.size;
  }

  /** Sends events until the listener goes. */
  add(listener: ServerResponse): void {
    this.listeners.add(listener);
    listener.on('close', () => this.remove(listener));
    listener.write('retry: 2000\n\n');
    for (const [name, data] of this.told) listener.write(eventOf(name, data));
    if (this.listeners.size === 1) this.start();
  }

  /** Ends all listeners. */
  close(): void {
    for (const listener of this.listeners) listener.end();
    this.listeners.clear();
    this.stop();
  }

  private remove(listener: ServerResponse): void {
    this.listeners.delete(listener);
    if (this.listeners.size === 0) this.stop();
  }

  private start(): void {
    const look = async () => {
      await this.look().catch(() => {
        // A file that is replaced just now is read the next time.
      });
      if (this.listeners.size > 0) this.timer = setTimeout(() => void look(), LOOK_MS);
    };
    void look();
    this.heartbeat = setInterval(() => this.send(': still here\n\n'), HEARTBEAT_MS);
  }

  private stop(): void {
    if (this.timer) clearTimeout(this.timer);
    if (this.heartbeat) clearInterval(this.heartbeat);
    this.timer = null;
    this.heartbeat = null;
    this.told = new Map();
  }

  private async look(): Promise<void> {
    this.tell('runs', JSON.stringify({ runs: this.explorer.workspace.runs.list() }));
    this.tell('jobs', JSON.stringify({ jobs: await jobsOf(this.explorer) }));
  }

  private tell(name: string, data: string): void {
    if (this.told.get(name) === data) return;
    this.told.set(name, data);
    this.send(eventOf(name, data));
  }

  private send(text: string): void {
    for (const listener of this.listeners) {
      if (listener.writableLength > MOST_WAITING_BYTES) listener.destroy();
      else listener.write(text);
    }
  }
}

function eventOf(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}
