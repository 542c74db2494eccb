import type { Interactions } from '@agentmmrec/datasets';
import type { BuiltModel } from '@agentmmrec/models';
import { periodOf } from './hooks.js';
import { TripleSampler } from './sampler.js';
import type { TrainCall } from './trainCall.js';

/** What training steps see in one feedback period (or always, without feedback). */
export interface PeriodGraph {
  /** null: no fold is out */
  readonly period: number | null;
  /** the positives and the propagation graph */
  readonly interactions: Interactions;
  readonly sampler: TripleSampler;
}

/** Makes the sampler of the period an epoch lies in and sets the model's training graph, when the period changes. */
export class PeriodGraphs {
  private current: PeriodGraph | null = null;

  constructor(
    private readonly call: Pick<TrainCall, 'feedback' | 'data' | 'device'>,
    private readonly model: BuiltModel,
    private readonly batchSize: number,
  ) {}

  async of(epoch: number): Promise<PeriodGraph> {
    const period = periodOf(this.call.feedback, epoch);
    if (this.current?.period === period) return this.current;
    this.release();
    const interactions = await this.start(period);
    const { device, data } = this.call;
    const sampler = device.reclaimOnFailure(() => new TripleSampler(device, interactions, data.train, this.batchSize));
    this.current = { period, interactions, sampler };
    return this.current;
  }

  /** Gives the sampler's memory back. */
  release(): void {
    this.current?.sampler.release();
    this.current = null;
  }

  private async start(period: number | null): Promise<Interactions> {
    const { feedback, data } = this.call;
    if (!feedback) return data.train;
    if (period === null) {
      this.model.setTrainingGraph?.(null);
      return data.train;
    }
    const interactions = await feedback.startPeriod(period, this.model);
    this.model.setTrainingGraph?.(interactions);
    return interactions;
  }
}
