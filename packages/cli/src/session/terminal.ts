import { type Log, type Progress, type ProgressFacts, printable } from '@agentmmrec/core';

/** The part of a stream that a terminal log needs, so that tests can pass their own. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 60_000;

/** Calls `action` again and again until what it returns is called; never keeps a process alive. */
export type RepeatAction = (intervalMs: number, action: () => void) => () => void;

const everyInterval: RepeatAction = (intervalMs, action) => {
  const timer = setInterval(action, intervalMs).unref();
  return () => clearInterval(timer);
};

/**
 * Remarks as lines on `stream`. Progress is a bar with rate and remaining time where it is a terminal, and a line a minute where it
 * is not: a log shows that work goes on, also while nothing is finished.
 */
export function terminalLog(
  stream: TerminalStream,
  now: () => number = Date.now,
  every: RepeatAction = everyInterval,
): Log {
  let shownBar: Bar | null = null;
  const line = (text: string): void => {
    shownBar?.clear();
    stream.write(`${printable(text)}\n`);
    shownBar?.draw();
  };
  return {
    info: line,
    warn: (message) => line(`warning: ${message}`),
    progress(label, total, facts = {}) {
      const work = { label, total, facts };
      if (!stream.isTTY) return new Lines(stream, work, now, every);
      const outer = shownBar;
      outer?.clear();
      const bar = new Bar(stream, work, now, () => {
        shownBar = outer;
        outer?.draw();
      });
      shownBar = bar;
      return bar;
    },
  };
}

/** What progress is shown of. */
interface ShownWork {
  readonly label: string;
  readonly total: number | undefined;
  readonly facts: ProgressFacts;
}

class Lines implements Progress {
  private readonly startedMs: number;
  private readonly cancel: () => void;
  private done: number;
  private remark = '';

  constructor(
    private readonly stream: TerminalStream,
    private readonly work: ShownWork,
    private readonly now: () => number,
    every: RepeatAction,
  ) {
    this.startedMs = now();
    this.done = work.facts.begun ?? 0;
    this.cancel = every(LINE_INTERVAL_MS, () => this.tell());
  }

  update(done: number, remark?: string): void {
    this.done = done;
    if (remark !== undefined) this.remark = remark;
  }

  end(): void {
    this.cancel();
  }

  private tell(): void {
    const { done, remark } = this;
    const { label, total, facts } = this.work;
    const words = [`${label}: ${Math.floor(done)}${total === undefined ? '' : ` of ${total}`} done`];
    if (remark) words.push(remark);
    const elapsedMs = this.now() - this.startedMs;
    const perSecond = rate(done, facts, elapsedMs);
    if (perSecond > 0) {
      const perMinute = 60 * perSecond;
      words.push(`${perMinute >= 100 ? perMinute.toFixed(0) : perMinute.toPrecision(2)} a minute`);
      words.push(...timeLeft(done, total, { facts, elapsedMs }));
    }
    this.stream.write(`${printable(words.join(', '))}\n`);
  }
}

class Bar implements Progress {
  private readonly startedMs: number;
  private drawnMs = Number.NEGATIVE_INFINITY;
  private done: number;
  private remark = '';

  constructor(
    private readonly stream: TerminalStream,
    private readonly work: ShownWork,
    private readonly now: () => number,
    private readonly ended: () => void,
  ) {
    this.startedMs = now();
    this.done = work.facts.begun ?? 0;
  }

  update(done: number, remark?: string): void {
    this.done = done;
    if (remark !== undefined) this.remark = remark;
    if (this.now() - this.drawnMs >= REDRAW_INTERVAL_MS) this.draw();
  }

  draw(): void {
    this.drawnMs = this.now();
    const { done, remark } = this;
    const { label, total, facts } = this.work;
    // Terminals of no known size say 0; a full last column would wrap.
    const columns = (this.stream.columns || 80) - 1;
    const text = progressLine({ label, done, total, elapsedMs: this.drawnMs - this.startedMs, facts, remark, columns });
    this.stream.write(`\r\u001b[2K${text}`);
  }

  clear(): void {
    this.stream.write('\r\u001b[2K');
  }

  end(): void {
    this.clear();
    this.ended();
  }
}

/** Done a second. What earlier runs did says nothing about the rate of this one. */
function rate(done: number, { begun = 0 }: ProgressFacts, elapsedMs: number): number {
  return elapsedMs > 0 ? ((done - begun) * 1000) / elapsedMs : 0;
}

/** The first of many says little about the others: what is left is not told before. */
const TOLD_AFTER_MS = 1000;

/** In words, where there is something to say. */
function timeLeft(
  done: number,
  total: number | undefined,
  { facts: { begun = 0, mayEndEarly = false }, elapsedMs }: { facts: ProgressFacts; elapsedMs: number },
): string[] {
  if (!total || done >= total || done <= begun || elapsedMs < TOLD_AFTER_MS) return [];
  const seconds = (total - done) / rate(done, { begun }, elapsedMs);
  const most = mayEndEarly ? ' at most' : '';
  return [seconds < 1 ? 'under 1s left' : `${duration(seconds)} left${most}`];
}

const BAR_CELLS = { most: 20, fewest: 5 };

/**
 * `training [#####.....] 5/10 2.0/s 2s left  recall .05` in at most `columns` characters: the bar is as wide as the words leave
 * room, and what still does not fit is cut at the end. A part of a whole moves the bar, the rate and the remaining time; the
 * count is of whole ones. Rate and remaining time once something is done.
 */
export function progressLine(state: {
  label: string;
  done: number;
  total: number | undefined;
  elapsedMs: number;
  facts?: ProgressFacts;
  remark: string;
  columns: number;
}): string {
  const { label, done, total, elapsedMs, facts = {}, remark, columns } = state;
  const perSecond = rate(done, facts, elapsedMs);
  const whole = Math.floor(done);
  const words = [total ? `${whole}/${total}` : `${whole}`];
  if (perSecond > 0) {
    words.push(`${perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(2)}/s`);
    words.push(...timeLeft(done, total, { facts, elapsedMs }));
  }
  if (remark) words.push(` ${remark}`);
  const text = words.join(' ');
  const room = columns - label.length - text.length - ' [] '.length;
  const cells = total ? Math.min(BAR_CELLS.most, Math.max(BAR_CELLS.fewest, room)) : 0;
  const filled = total ? Math.round((cells * Math.min(done, total)) / total) : 0;
  const bar = total ? `[${'#'.repeat(filled)}${'.'.repeat(cells - filled)}] ` : '';
  return printable(`${label} ${bar}${text}`).slice(0, columns);
}

/** Seconds as people say them: `42s`, `3m 05s`, `2h 10m`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const pad = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
}
