import type { JournalRecord, KnowledgeMemory } from '@agentmmrec/memory';

const batchSize = 128;

/** Journal records committed in groups: those that cost something with what else ends in the same moment, the others by the batch. */
export class JournalBuffer {
  private waiting: JournalRecord[] = [];

  constructor(
    private readonly memory: KnowledgeMemory,
    private readonly paid: boolean,
  ) {}

  async add(record: JournalRecord | null): Promise<void> {
    if (record === null || !this.memory.writable) return;
    if (this.paid) {
      await this.memory.grouped(() => this.memory.journal.append(record));
      return;
    }
    this.waiting.push(record);
    if (this.waiting.length >= batchSize) this.flush();
  }

  flush(): void {
    const records = this.waiting;
    this.waiting = [];
    if (records.length === 0) return;
    this.memory.atomically(() => {
      for (const record of records) this.memory.journal.append(record);
    });
  }
}
