import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { AmrError, ArtifactStore, temporaryFolder } from '@agentmmrec/core';
import {
  builtInEncoders,
  type EncodedItems,
  type EncoderChoice,
  encodeItems,
  encodersDigest,
  type ItemEncoders,
  usesModels,
} from '@agentmmrec/encoders';
import { describeEncoders, openKeptEncoders } from './studyEncoders.js';
import type { StudyRequest } from './studyRequest.js';

/** The items of a study as vectors, and what makes them, each made at its first use. */
export class StudyItems {
  private encoded: Promise<EncodedItems> | null = null;
  private opened: Promise<ItemEncoders> | null = null;

  constructor(
    private readonly request: Pick<StudyRequest, 'dataset' | 'workspace' | 'access' | 'encoders' | 'log' | 'signal'>,
  ) {}

  /** Features of the items: the data set's own, and those encoded from content. */
  features(): Promise<EncodedItems> {
    this.encoded ??= this.encodeItems();
    return this.encoded;
  }

  /** Lets go of the features, which are read again when they are asked for: a built model has what it needs of them. */
  forget(): void {
    this.encoded = null;
  }

  /** What makes vectors of texts, knowledge and pictures; opened at the first use. */
  encoders(): Promise<ItemEncoders> {
    this.opened ??= openKeptEncoders(this.encoderChoice, this.request);
    return this.opened;
  }

  private get encoderChoice(): EncoderChoice {
    return this.request.encoders ?? builtInEncoders;
  }

  private async encodeItems(): Promise<EncodedItems> {
    const { dataset, workspace, access, log } = this.request;
    const { training } = dataset;
    if (training.content === null) return { features: training.features, remarks: [] };
    const encodedIn = async (folder: string, encoders: ItemEncoders) => {
      const { features, remarks } = await encodeItems(training, encoders, new ArtifactStore(folder));
      return { features, remarks: [describeEncoders(encoders), ...remarks] };
    };
    try {
      return await encodedIn(workspace, await this.encoders());
    } catch (cause) {
      if (access !== 'read' || !(cause instanceof AmrError && cause.kind === 'input')) throw cause;
      // Who only looks may be where nothing can be written.
      const temporary = temporaryFolder(tmpdir(), 'agentmmrec');
      try {
        const encoders = await openKeptEncoders(this.encoderChoice, { ...this.request, workspace: temporary });
        const encoded = await encodedIn(temporary, encoders);
        log.info(`${workspace} cannot be written: the features of the items were made for this time only`);
        return encoded;
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
    }
  }

  /** Of the models that this study encodes with; absent where there are none. */
  async encodersIdentity(): Promise<{ readonly encoders?: string }> {
    const encodes = this.request.dataset.training.content !== null && usesModels(this.encoderChoice);
    return encodes ? { encoders: encodersDigest(await this.encoders()) } : {};
  }
}
