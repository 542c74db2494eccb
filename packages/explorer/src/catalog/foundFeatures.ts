import { type Artifact, type ArtifactKey, ArtifactStore, defaultsOf } from '@agentmmrec/core';
import type { Features, TrainingData } from '@agentmmrec/datasets';
import { chooseEncoders, encodeItems, encoderOptions, type ItemEncoders, openEncoders } from '@agentmmrec/encoders';
import { NotThere } from '../refusals.js';

/** Artifacts that are there; what is not there is not made. */
class FoundArtifacts extends ArtifactStore {
  override async get(key: ArtifactKey): Promise<Artifact> {
    const found = this.find(key);
    if (found) return found;
    throw new NotThere({
      what: 'features of the items',
      got: 'content that was never encoded',
      expected: 'features in the workspace',
      hint: 'any training with features encodes them: agentmmrec train --model vbpr --data ...',
    });
  }
}

/** Encoders and features as runs of this workspace have them, without anything being made. */
export class FoundFeatures {
  private opened: Promise<ItemEncoders> | null = null;
  private found: Promise<readonly Features[]> | null = null;

  constructor(
    private readonly workspace: string,
    private readonly training: TrainingData,
  ) {}

  encoders(): Promise<ItemEncoders> {
    this.opened ??= openEncoders(chooseEncoders(defaultsOf('encoders', encoderOptions), this.workspace));
    return this.opened;
  }

  /** @throws NotThere: content that was never encoded; a later call looks again */
  features(): Promise<readonly Features[]> {
    this.found ??= this.find().catch((cause) => {
      this.found = null;
      throw cause;
    });
    return this.found;
  }

  private async find(): Promise<readonly Features[]> {
    const { training } = this;
    if (training.content === null) return training.features;
    return (await encodeItems(training, await this.encoders(), new FoundArtifacts(this.workspace))).features;
  }
}
