import type { Provenance } from './contract.js';

/** Whether a value that was read is a provenance: whatever audits and reports go through has to be there. */
export function isProvenance(value: unknown): value is Provenance {
  if (typeof value !== 'object' || value === null) return false;
  const found = value as Readonly<Record<keyof Provenance, unknown>>;
  return (
    (found.agent === 'integrator' || found.agent === 'utilizer') &&
    found.split === 'train' &&
    isListOf(found.tasks, isText) &&
    isText(found.reasoner) &&
    isText(found.modelDigest) &&
    isListOf(found.templates, isTemplate) &&
    isListOf(found.interactions, isPair) &&
    isListOf(found.sampledItems, Number.isSafeInteger) &&
    [found.seed, found.attempt, found.elapsedMs, found.inputTokens, found.outputTokens].every(isNumber) &&
    isListOf(found.repairs, isText)
  );
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isPair(value: unknown): boolean {
  return isListOf(value, Number.isSafeInteger) && (value as unknown[]).length === 2;
}

function isTemplate(value: unknown): boolean {
  const { id, hash } = (value ?? {}) as { id?: unknown; hash?: unknown };
  return isText(id) && isText(hash);
}
