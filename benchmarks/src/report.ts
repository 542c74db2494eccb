import type { Machine } from './machine.js';
import type { Measurement } from './measure.js';

/** One run of the benchmark, as it is written to JSON and compared with later ones. */
export interface BenchmarkReport {
  readonly version: 2;
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly libraries: Readonly<Record<string, string>>;
  readonly sizes: readonly { readonly name: string; readonly origin: string }[];
  readonly measurements: readonly Measurement[];
  /** where it was interrupted, or still runs: cases are missing */
  readonly unfinished?: true;
}

/** Seconds in the unit a person reads. */
export function showSeconds(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${(seconds / 86_400).toLocaleString('en-US', { maximumFractionDigits: 1 })} days`;
  if (seconds >= 2 * 3600) return `${(seconds / 3600).toFixed(1)} hours`;
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 1e-3) return `${(seconds * 1e3).toFixed(2)} ms`;
  return `${(seconds * 1e6).toFixed(1)} us`;
}

/** What bounds a measurement: the share of the measured memory rate or of the arithmetic rate it reaches, whichever is larger. */
export function shareOfPeak(machine: Machine, m: Measurement): { percent: number; of: string } {
  const memory = (100 * m.gigabytesPerSecond) / machine.gigabytesPerSecond;
  const arithmetic = (100 * m.gigaflopsPerSecond) / machine.gigaflopsPerSecond;
  return memory > arithmetic ? { percent: memory, of: 'memory' } : { percent: arithmetic, of: 'arithmetic' };
}

/** Bytes in the unit a person reads. */
export function showBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e3).toFixed(0)} kB`;
}
