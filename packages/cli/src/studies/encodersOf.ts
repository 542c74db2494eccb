import type { TrainingData } from '@agentmmrec/datasets';
import { builtInEncoders, chooseEncoders, type EncoderChoice } from '@agentmmrec/encoders';
import type { Session } from '../session/session.js';

/** The encoders that the options mean for a data set; what has no texts and pictures is not encoded, whatever lies in the workspace. */
export function encodersOf(
  { textModel, imageModel }: EncoderChoice,
  { content }: Pick<TrainingData, 'content'>,
  { workspace }: Session,
): EncoderChoice {
  return content === null ? builtInEncoders : chooseEncoders({ textModel, imageModel }, workspace);
}
