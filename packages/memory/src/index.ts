export { type ArrowKnowledge, type ExternalIds, exportArrow, importArrow, readArrow } from './arrowExchange.js';
export type {
  Decision,
  EntryKind,
  KnowledgeEntry,
  KnowledgeMemory,
  KnowledgeView,
  MemoryStats,
  NewEntry,
  Provenance,
  WrittenVersion,
} from './contract.js';
export { copyMemory } from './copyMemory.js';
export { type DiffPiece, diffVersions, diffWords, type EntryDiff } from './diff.js';
export type { Drafts } from './drafts.js';
export type { JobCounts, JobFailure, Jobs } from './jobs.js';
export type { Journal, JournalRecord } from './journal.js';
export { type OpenMemoryOptions, openMemory } from './openMemory.js';
