import { ArtifactStore, following, type Log } from '@agentmmrec/core';
import {
  builtInEncoders,
  type EncoderChoice,
  type ItemEncoders,
  openEncoders,
  resumableImages,
  resumableText,
} from '@agentmmrec/encoders';

/** Opens the encoders; what models make is kept in the workspace as it comes, since it takes long and is asked for again. */
export async function openKeptEncoders(
  choice: EncoderChoice,
  { workspace, log, signal }: { workspace: string; log: Log; signal?: AbortSignal | undefined },
): Promise<ItemEncoders> {
  const { text, image } = await openEncoders(choice);
  const kept = { store: new ArtifactStore(workspace), ...(signal && { signal }) };
  const encoders = {
    text:
      choice.textModel === builtInEncoders.textModel
        ? text
        : resumableText(text, { ...kept, ...following(log, 'encoding texts') }),
    image:
      choice.imageModel === builtInEncoders.imageModel
        ? image
        : resumableImages(image, { ...kept, ...following(log, 'encoding images') }),
  };
  log.info(describeEncoders(encoders));
  return encoders;
}

/** `encoders: texts and knowledge by hashing, pictures by pixels`. */
export function describeEncoders({ text, image }: ItemEncoders): string {
  return `encoders: texts and knowledge by ${text.id}, pictures by ${image.id}`;
}
