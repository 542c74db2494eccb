import { endsInBlanks } from '../contract/blankAnswers.js';
import type { WireAnswer } from '../contract/contract.js';

/** So many answers of nothing, one after the other, are the grammar's. */
const SILENCES = 2;

/** Whether a model wrote nothing, or blanks until the limit. */
function saysNothing(answer: WireAnswer): boolean {
  if (answer.withheld !== undefined || answer.thoughtOnly) return false;
  return answer.text.trim() === '' || endsInBlanks(answer.text, answer.finish);
}

/**
 * A server under whose grammar its model writes nothing is asked by words alone: for that question at once, for all when it happens
 * again. One that says nothing then either keeps its grammar.
 */
export class SilentGrammar {
  private silences = 0;
  private isVain = false;

  /** What came of asking in words where the grammar gave `answer`, or null where that is to be kept. `forGood`: from now on. */
  async instead(
    answer: WireAnswer,
    inWords: () => Promise<WireAnswer>,
  ): Promise<{ readonly answer: WireAnswer; readonly forGood: boolean } | null> {
    if (!saysNothing(answer)) {
      this.silences = 0;
      return null;
    }
    if (this.isVain) return null;
    const plain = await inWords();
    this.isVain = saysNothing(plain);
    return this.isVain ? null : { answer: plain, forGood: ++this.silences >= SILENCES };
  }
}
