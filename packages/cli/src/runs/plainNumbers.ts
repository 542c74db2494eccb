/** Four places, or a dash where nothing was measured. */
export function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(4);
}

/** A moment to the minute, or a dash. */
export function moment(atMs: number | null): string {
  return atMs === null ? '-' : new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
}
