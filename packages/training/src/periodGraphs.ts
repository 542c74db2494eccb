import type { Interactions } from '@agentmmrec/datasets';
import type { BuiltModel } from '@agentmmrec/models';
import { EpochBatches } from './epochBatches.js';
import { periodOf } from './hooks.js';
import type { TrainCall } from './trainCall.js';
import type { TrainOptions } from './trainOptions.js';

/** What training steps see in one feedback period (or always, without feedback). */
export interface PeriodGraph {
  /** null: no fold is out */
  readonly period: number | null;
  /** the positives and the propagation graph */
  readonly interactions: Interactions;
  readonly batches: EpochBatches;
}

/** Makes the batches of the period an epoch lies in and sets the model's training graph, when the period changes. */
export class PeriodGraphs {
  private current: PeriodGraph | null = null;

  constructor(
    private readonly call: Pick<TrainCall, 'feedback' | 'data' | 'device'>,
    private readonly model: BuiltModel,
    private readonly options: Pick<TrainOptions, 'batchSize' | 'negatives'>,
  ) {}

  async of(epoch: number): Promise<PeriodGraph> {
    const period = periodOf(this.call.feedback, epoch);
    if (this.current?.period === period) return this.current;
    this.release();
    const interactions = await this.start(period);
    const { device, data } = this.call;
    const { batchSize, negatives } = this.options;
    const call = { device, model: this.model, positives: interactions, train: data.train, batchSize, negatives };
    this.current = { period, interactions, batches: device.reclaimOnFailure(() => new EpochBatches(call)) };
    return this.current;
  }

  /** Gives the memory of the batches back. */
  release(): void {
    this.current?.batches.release();
    this.current = null;
  }

  private async start(period: number | null): Promise<Interactions> {
    const { feedback, data } = this.call;
    if (!feedback) return data.train;
    if (period === null) {
      this.model.setTrainingGraph(null);
      return data.train;
    }
    const interactions = await feedback.startPeriod(period, this.model);
    this.model.setTrainingGraph(interactions);
    return interactions;
  }
}
