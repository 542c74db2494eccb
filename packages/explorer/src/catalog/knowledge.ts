import { weaknessesOf } from '@agentmmrec/agents';
import type { KnowledgeParts } from '@agentmmrec/core';
import {
  type Decision,
  type DiffPiece,
  diffVersions,
  type EntryKind,
  type KnowledgeEntry,
  type KnowledgeMemory,
} from '@agentmmrec/memory';
import { notThere } from '../refusals.js';
import type { Catalog, EntityKind, ItemCard } from './catalog.js';

/** Where a version came from, with the data set's own ids. */
export interface Evidence {
  readonly reasoner: string;
  readonly agent: string;
  readonly tasks: readonly string[];
  readonly templates: readonly string[];
  /** the items of the training interactions it was made from, or for an item its buyers */
  readonly items: readonly ItemCard[];
  readonly users: readonly string[];
  /** training interactions that were shown */
  readonly interactions: number;
  readonly attempt: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly elapsedMs: number;
  /** share of its names and numbers that stand in what was shown; null where nobody counted */
  readonly groundedShare: number | null;
  readonly repairs: readonly string[];
  readonly weaknesses: readonly string[];
}

/** One version in a list. */
export interface VersionLine {
  readonly version: number;
  readonly createdAtMs: number;
  readonly current: boolean;
  /** decisions about it: how it came, and rollbacks to it with their reasons */
  readonly decisions: readonly Pick<Decision, 'cause' | 'reason' | 'createdAtMs'>[];
}

/** What a memory knows of a user or an item. */
export interface EntityKnowledge {
  readonly memory: string;
  readonly version: number;
  readonly createdAtMs: number;
  readonly parts: KnowledgeParts;
  readonly evidence: Evidence;
  readonly versions: readonly VersionLine[];
}

/** Items of the evidence that are shown. */
const SHOWN = 24;

function entryKind(kind: EntityKind): EntryKind {
  return kind === 'user' ? 'preference' : 'property';
}

/** The entry of an entity, the current version or another, with its sources. Null: the memory has none. @throws NotThere: no such version */
export function knowledgeOf(
  { id, memory }: { readonly id: string; readonly memory: KnowledgeMemory },
  catalog: Catalog,
  kind: EntityKind,
  place: number,
  version?: number,
): EntityKnowledge | null {
  const of = entryKind(kind);
  const history = memory.history(of, place);
  if (history.length === 0) return null;
  const current = memory.get(of, place)?.version;
  const entry = history.find((one) => one.version === (version ?? current));
  if (!entry) throw noVersion(history, version);
  const decisions = memory.decisions(of, place);
  return {
    memory: id,
    version: entry.version,
    createdAtMs: entry.createdAtMs,
    parts: entry.parts,
    evidence: evidenceOf(entry, catalog, kind),
    versions: history.map(({ version: number, createdAtMs }) => ({
      version: number,
      createdAtMs,
      current: number === current,
      decisions: decisions
        .filter((one) => one.version === number)
        .map(({ cause, reason, createdAtMs: at }) => ({ cause, reason, createdAtMs: at })),
    })),
  };
}

/** What changed between two versions, word by word. @throws NotThere */
export function differenceOf(
  memory: KnowledgeMemory,
  kind: EntityKind,
  place: number,
  older: number,
  newer: number,
): Readonly<Record<keyof KnowledgeParts, readonly DiffPiece[] | null>> {
  const of = entryKind(kind);
  const history = memory.history(of, place);
  for (const version of [older, newer]) {
    if (!history.some((one) => one.version === version)) throw noVersion(history, version);
  }
  return diffVersions(memory, { kind: of, entity: place }, { older, newer });
}

function evidenceOf(entry: KnowledgeEntry, catalog: Catalog, kind: EntityKind): Evidence {
  const { interactions, sampledItems, templates, groundedShare = null, ...rest } = entry.provenance;
  const { reasoner, agent, tasks, attempt, inputTokens, outputTokens, elapsedMs, repairs } = rest;
  const items = new Set(kind === 'user' ? interactions.map(([, item]) => item) : sampledItems);
  const { users, items: count } = catalog.training;
  const known = [...items].filter((item) => item >= 0 && item < count).slice(0, SHOWN);
  const buyers = kind === 'user' ? [] : [...new Set(interactions.map(([user]) => user))].filter((user) => user < users);
  return {
    reasoner,
    agent,
    tasks,
    templates: templates.map(({ id }) => id),
    items: known.map((item) => catalog.itemCard(item)),
    users: buyers.slice(0, SHOWN).map((user) => catalog.idOf('user', user)),
    interactions: interactions.length,
    attempt,
    inputTokens,
    outputTokens,
    elapsedMs,
    groundedShare,
    repairs,
    weaknesses: weaknessesOf(entry),
  };
}

function noVersion(history: readonly KnowledgeEntry[], version: number | undefined) {
  const known = history.map((entry) => String(entry.version));
  return notThere('version of the entry', String(version), known, 'the list of versions says which there are');
}
