import { AmrError } from '@agentmmrec/core';
import { type CudaDevice, openDevice } from '@agentmmrec/kernels';
import { describe } from '@jest/globals';

/** Why no card can be opened here, or undefined where one can. */
function whyNoCard(): string | undefined {
  try {
    openDevice('cuda');
    return undefined;
  } catch (error) {
    return error instanceof AmrError ? error.got : String(error);
  }
}

const reason = whyNoCard();

/** A group of tests on the card; where there is none they are skipped, and the name of the group says why. */
export function onCard(name: string, body: () => void): void {
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (skipped: ${reason})`, body);
}

/** The card. For use inside tests only. */
export function card(): CudaDevice {
  return openDevice('cuda') as CudaDevice;
}
