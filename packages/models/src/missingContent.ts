import { AmrError } from '@agentmmrec/core';

/** The error of a model that needs item content on a data set that has none (exit 2). */
export function missingContent(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'item features (text, image, audio) or knowledge',
    hint: 'add feature files to the data set, encode its content, or try --features synthetic[:384,4096]',
  });
}
