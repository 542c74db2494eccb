import { fileError, makeFolders } from '@agentmmrec/core';

/** Makes a folder and those above it. @throws AmrError input or failed: what the system said */
export function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (cause) {
    throw fileError(`making the folder ${folder}`, cause);
  }
}
