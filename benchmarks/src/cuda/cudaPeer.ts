import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CudaCase } from './cudaCases.js';

/** Seconds of torch on the card by case, or why there are none. */
export interface CudaPeerTimes {
  /** torch, its CUDA and the libraries behind it, or empty */
  readonly versions: string;
  readonly seconds: ReadonlyMap<CudaCase, number>;
  readonly missing: string;
}

const script = fileURLToPath(new URL('../../peers/cudaPeer.py', import.meta.url));

/**
 * Runs the cases that have a peer in torch on the same card, one process for all: torch's sparse products are cuSPARSE's, its
 * dense ones cuBLAS's. Never fails: what stands in the way is named.
 */
export function cudaPeerTimes(
  python: string | null,
  cases: readonly CudaCase[],
  environment: NodeJS.ProcessEnv,
): CudaPeerTimes {
  const none = (missing: string): CudaPeerTimes => ({ versions: '', seconds: new Map(), missing });
  if (python === null) return none('no Python given (--python)');
  const asked = cases.filter(({ peer }) => peer);
  const input = JSON.stringify(asked.map(({ peer }) => peer));
  const { status, stdout, stderr, error } = spawnSync(python, [script], { input, env: environment, encoding: 'utf8' });
  if (error) return none(error.message);
  if (status !== 0) return none(stderr.trim().split('\n').at(-1) ?? 'the peer process failed');
  const answer = JSON.parse(stdout) as { missing?: string; versions?: string; seconds?: number[] };
  if (answer.missing !== undefined || !answer.seconds) return none(answer.missing ?? 'no answer');
  const seconds = new Map(asked.map((one, i) => [one, answer.seconds?.[i] ?? Number.NaN]));
  return { versions: answer.versions ?? '', seconds, missing: '' };
}
