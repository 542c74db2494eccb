import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Bytes of memory a run needs beside what the process holds before it: the highest resident size during the run less the
 * one before, as Linux counts them. Null where the system does not tell.
 */
export function extraMemory(run: () => void, process = '/proc/self'): number | null {
  try {
    writeFileSync(`${process}/clear_refs`, '5'); // the highest size starts again at the present one
  } catch {
    return null;
  }
  const before = residentBytes(process, 'VmRSS');
  run();
  const highest = residentBytes(process, 'VmHWM');
  return before === null || highest === null ? null : Math.max(0, highest - before);
}

function residentBytes(process: string, name: 'VmRSS' | 'VmHWM'): number | null {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`${process}/status`, 'utf8'));
  return line ? 1024 * Number(line[1]) : null;
}
