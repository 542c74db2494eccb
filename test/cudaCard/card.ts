import { type CudaDevice, openDevice } from '@agentmmrec/kernels';

/** `AMR_TEST_CARD=cuda-emulated`: these tests themselves can be tried where there is no card. */
export const cardName = (process.env.AMR_TEST_CARD || 'cuda') as 'cuda' | 'cuda-emulated';

/** The card. `npm run test:cuda` has seen before that there is one (requireCard.mjs). */
export const card = openDevice(cardName) as CudaDevice;
