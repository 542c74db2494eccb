/** The rules by which a wrong answer is mended (docs/method.md); each use is counted and reported. */
export const repairRules = {
  emptyPart: 'an empty part was left out',
  longPart: 'a part was cut to its first 4,000 characters',
  inventedPart: 'a part of a modality that the entry does not have was dropped',
  keptPart: 'a part missing from an update was kept as it was',
  unknownId: 'an id outside the candidates was dropped',
  duplicateId: 'a candidate named twice was counted once',
  surplusId: 'candidates beyond the number asked for were dropped',
  filled: 'a missing neighbour was filled in by fused similarity',
  appended: 'a missing candidate was appended in base order',
  droppedEdge: 'added edges that name no two different candidates were dropped',
} as const;

/** The name of a rule. */
export type RepairRule = keyof typeof repairRules;
/** How often each rule was used. */
export type RepairCounts = Partial<Record<RepairRule, number>>;

/** Sums counts by rule. */
export function addRepairs(total: RepairCounts, more: RepairCounts): RepairCounts {
  const sum = { ...total };
  for (const [rule, count] of Object.entries(more) as [RepairRule, number][]) sum[rule] = (sum[rule] ?? 0) + count;
  return sum;
}

/** One sentence per rule used, as entries and reports show them. */
export function repairSentences(counts: RepairCounts): string[] {
  return (Object.entries(counts) as [RepairRule, number][])
    .filter(([, count]) => count > 0)
    .map(([rule, count]) => `${repairRules[rule]} (${count})`);
}

const maximalCharacters = 4000;

/** A part as it may be stored: trimmed, bounded, null when there is nothing in it. */
export function repairPart(answer: string): { readonly part: string | null; readonly repairs: RepairCounts } {
  const part = answer.trim();
  if (part === '') return { part: null, repairs: { emptyPart: 1 } };
  if (part.length <= maximalCharacters) return { part, repairs: {} };
  return { part: part.slice(0, maximalCharacters), repairs: { longPart: 1 } };
}

/** The distinct known ids of an answer, in its order. */
function known(answer: readonly number[], allowed: ReadonlySet<number>): { ids: number[]; repairs: RepairCounts } {
  const ids = new Set<number>();
  let unknownId = 0;
  let duplicateId = 0;
  for (const id of answer) {
    if (!allowed.has(id)) unknownId++;
    else if (ids.has(id)) duplicateId++;
    else ids.add(id);
  }
  return { ids: [...ids], repairs: counts({ unknownId, duplicateId }) };
}

/**
 * Exactly `k` candidates: unknown ids dropped, duplicates counted once, surplus dropped, the rest filled by fused similarity
 * (ties to the lower id). `candidates` must hold at least `k` different items.
 */
export function repairSelection(
  answer: readonly number[],
  candidates: readonly { readonly item: number; readonly fusedSimilarity: number }[],
  k: number,
): { readonly items: number[]; readonly repairs: RepairCounts } {
  const { ids, repairs } = known(answer, new Set(candidates.map((candidate) => candidate.item)));
  const items = ids.slice(0, k);
  const byFusion = candidates.toSorted((a, b) => b.fusedSimilarity - a.fusedSimilarity || a.item - b.item);
  for (const { item } of byFusion) {
    if (items.length === k) break;
    if (!items.includes(item)) items.push(item);
  }
  const filled = Math.max(0, k - ids.length);
  return { items, repairs: { ...repairs, ...counts({ surplusId: Math.max(0, ids.length - k), filled }) } };
}

/** A permutation of `base`: unknown ids dropped, duplicates ignored, missing ids appended in base order. */
export function repairPermutation(
  answer: readonly number[],
  base: readonly number[],
): { readonly order: number[]; readonly repairs: RepairCounts } {
  const { ids, repairs } = known(answer, new Set(base));
  const named = new Set(ids);
  const missing = base.filter((item) => !named.has(item));
  return { order: [...ids, ...missing], repairs: { ...repairs, ...counts({ appended: missing.length }) } };
}

function counts(found: RepairCounts): RepairCounts {
  return Object.fromEntries(Object.entries(found).filter(([, count]) => count > 0));
}
