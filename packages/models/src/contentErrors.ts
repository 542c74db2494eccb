import { AmrError, type Matrix } from '@agentmmrec/core';

/** The error of a model that needs item content on a data set that has none (exit 2). */
export function missingContent(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'item features (text, image, audio) or knowledge',
    hint: 'add feature files to the data set, encode its content, or try --features synthetic[:384,4096]',
  });
}

/** Requires features or embeddings [rows, cols]; other sizes mean that they were made for something else (exit 2). */
export function requireSize(what: string, values: Matrix, rows: number, cols: number): void {
  if (values.rows === rows && values.cols === cols) return;
  throw new AmrError({
    what,
    got: `${values.rows} x ${values.cols}`,
    expected: `${rows} x ${cols}`,
    hint: 'they were made for another data set or encoder: build them again',
  });
}
