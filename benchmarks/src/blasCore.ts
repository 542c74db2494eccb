import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Core types of OpenBLAS that processors of today run at, by architecture; '' leaves the choice to the library. */
const coreTypes: Readonly<Record<string, readonly string[]>> = {
  x64: ['', 'Haswell', 'Zen', 'SkylakeX', 'Cooperlake', 'Sapphirerapids'],
  arm64: ['', 'ARMV8', 'NEOVERSEN1', 'NEOVERSEV1', 'NEOVERSEN2'],
};
const TIMEOUT_MS = 60_000;

/**
 * The `OPENBLAS_CORETYPE` with which faiss searches fastest, '' where its own choice is: the library's guess costs it up to a factor of
 * three on some processors, and a pin on others. A type that the processor lacks ends the trial, which then does not count.
 * @param search seconds of a search with a core type; throws where it cannot run
 */
export function fastestCoreType(search: (coreType: string) => number, candidates = coreTypes[process.arch] ?? ['']) {
  let best = { coreType: '', seconds: Number.POSITIVE_INFINITY };
  for (const coreType of candidates) {
    try {
      const seconds = search(coreType);
      // What is within the noise of the library's own choice is not worth a pin.
      if (seconds < 0.97 * best.seconds) best = { coreType, seconds };
    } catch {
      // not on this processor
    }
  }
  return best.coreType;
}

/** Seconds of a faiss search in a Python of its own. Throws where that Python has no faiss or the core type does not run here. */
export function searchSeconds(
  python: string,
  threads: number,
  environment: NodeJS.ProcessEnv,
  coreType: string,
): number {
  const script = fileURLToPath(new URL('../peers/searchSeconds.py', import.meta.url));
  const env = { ...environment, ...(coreType !== '' && { OPENBLAS_CORETYPE: coreType }) };
  const said = execFileSync(python, [script, String(threads)], {
    env,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const seconds = Number(said);
  if (!(seconds > 0)) throw new Error(`searchSeconds: got ${said}`);
  return seconds;
}
