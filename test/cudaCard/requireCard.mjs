// Opens the card that the tests of this folder run on and says which it is; where there is none, says why and ends with exit 2.
// Needs the built packages (npm run build).
import { openDevice } from '../../packages/kernels/dist/index.js';

try {
  console.log(`Card: ${openDevice('cuda').description}`);
} catch (error) {
  console.error(`test:cuda: ${error.message}`);
  process.exitCode = error.exitCode ?? 1;
}
