/**
 * Runs `work` for 0..count-1 in order of start, at most `limit` at a time. After a failure nothing new starts; what is running
 * ends first, so that a late answer still finds its memory open; then the first failure is thrown.
 */
export async function eachInFlight(count: number, limit: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (next < count && failures.length === 0) {
      try {
        await work(next++);
      } catch (cause) {
        failures.push(cause);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, count)) }, worker));
  if (failures.length > 0) throw failures[0];
}
