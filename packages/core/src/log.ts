/** Where progress and remarks go. Packages receive one; only the command line writes to a terminal. */
export interface Log {
  /** A remark worth one line. */
  info(message: string): void;
  /** Something the person should look at; the work goes on. */
  warn(message: string): void;
  /** Starts a measured activity. `total` is undefined when unknown. */
  progress(label: string, total?: number, facts?: ProgressFacts): Progress;
}

/** What a rate and a remaining time have to know to be true. */
export interface ProgressFacts {
  /** of the total, done by earlier runs; 0 */
  readonly begun?: number;
  /** the work may end before its total, so that the remaining time is the longest one; false */
  readonly mayEndEarly?: boolean;
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

/** Progress by counts, from a piece of work that may have nothing to do. */
export interface CountedProgress {
  /** Shows how many are done; the first report begins it and the last ends it. */
  onProgress(done: number, total: number): void;
  /** Ends it early, where the work broke off. */
  end(): void;
}

/** Progress that is shown while there is something to do. */
export function following(log: Log, label: string): CountedProgress {
  let progress: Progress | undefined;
  const end = (): void => {
    progress?.end();
    progress = undefined;
  };
  return {
    onProgress(done, total) {
      progress ??= log.progress(label, total, { begun: done });
      progress.update(done);
      if (done === total) end();
    },
    end,
  };
}
