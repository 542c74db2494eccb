/** Where progress and remarks go. Packages receive one; only the command line writes to a terminal. */
export interface Log {
  /** A remark worth one line. */
  info(message: string): void;
  /** Something the person should look at; the work goes on. */
  warn(message: string): void;
  /** Starts a measured activity. `total` is undefined when unknown. */
  progress(label: string, total?: number): Progress;
}

/** What a long piece of work tells about itself. */
export interface Progress {
  /** Sets the count done, with an optional short remark shown beside the bar. */
  update(done: number, remark?: string): void;
  /** Ends the activity; the bar is removed. */
  end(): void;
}

/** Says nothing: for libraries and tests. */
export const silentLog: Log = {
  info() {},
  warn() {},
  progress: () => ({ update() {}, end() {} }),
};
