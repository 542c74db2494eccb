import type { CallSpending, Reasoner } from '../reasoning/reasoner.js';
import { durationText, estimateText, Sample, scaled, weightedSum } from './estimate.js';

/** From so many finished keys on it is said what all of them will take. */
const FEWEST = 10;

type Paid = Pick<Reasoner, 'spent' | 'answers'>;

/**
 * What a run of many calls will take in all, from what it took so far: time, tokens and money between the ends of its keys. An end
 * stands for one key on average, whichever calls it paid for.
 */
export class RunForecast {
  private readonly seconds = new Sample();
  private readonly tokens = new Sample();
  private readonly money = new Sample();
  private last: CallSpending | null;
  private lastMs: number;

  constructor(
    private readonly reasoner: Paid,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.last = reasoner.spent?.() ?? null;
    this.lastMs = nowMs();
  }

  /** A key was done or failed. */
  ended(): void {
    const now = this.reasoner.spent?.() ?? null;
    const nowMs = this.nowMs();
    this.seconds.add((nowMs - this.lastMs) / 1000);
    if (now && this.last) {
      this.tokens.add(now.inputTokens + now.outputTokens - this.last.inputTokens - this.last.outputTokens);
      if (now.money !== null) this.money.add(now.money - (this.last.money ?? 0));
    }
    [this.last, this.lastMs] = [now, nowMs];
  }

  /**
   * What is known of the whole, in words, with 95 % intervals; empty where nothing costs anything or too little was seen.
   * @param all keys that this run does, those done included
   */
  remarks(all: number): string[] {
    return [...qualityRemarks(this.reasoner), ...this.costRemarks(all)];
  }

  private costRemarks(all: number): string[] {
    if (this.last === null || this.seconds.size < FEWEST) return [];
    const whole = (sample: Sample) => weightedSum([[all, sample]]);
    return [
      `in all ${durationText(whole(this.seconds))}`,
      `${estimateText(scaled(whole(this.tokens), 1e-6))} M tokens`,
      ...(this.money.size === 0 ? [] : [`${estimateText(whole(this.money))} money`]),
    ];
  }
}

/** How many answers had to be mended or were refused so far, over all tasks. */
function qualityRemarks(reasoner: Paid): string[] {
  let [accepted, repaired, refused] = [0, 0, 0];
  for (const one of reasoner.answers?.() ?? []) {
    accepted += one.accepted;
    repaired += one.repaired;
    refused += Object.values(one.refused).reduce((sum, count) => sum + count, 0);
  }
  if (accepted + refused < FEWEST) return [];
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return [`${percent(repaired / Math.max(1, accepted))} repaired, ${percent(refused / (accepted + refused))} refused`];
}
