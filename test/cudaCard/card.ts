import { type CudaDevice, openDevice } from '@agentmmrec/kernels';

/** The card. `npm run test:cuda` has seen before that there is one (requireCard.mjs). */
export const card = openDevice('cuda') as CudaDevice;
