import { CardMemory, cardKernels, type DeviceMemory, type Floats, type Kernels } from '@agentmmrec/kernels';
import { CountingDevice } from './countingDevice.js';

/** Several cards that share columns, without floats: what one of them would move and compute, and what they hand round. */
export class CountingGroup extends CountingDevice {
  override readonly kernels: Kernels;
  /** bytes that arrive at a card from others, and how often that is */
  readonly handedRound = { bytes: 0, times: 0 };
  private readonly devices: readonly CountingDevice[];

  constructor(override readonly cards: number) {
    super();
    this.devices = Array.from({ length: cards }, (_, card) =>
      card === 0 ? new CountingDevice(this.calls) : new CountingDevice(),
    );
    this.kernels = cardKernels({
      devices: this.devices,
      share: (_, bounds) => {
        this.handedRound.bytes += (4 * bounds[cards] * (cards - 1)) / cards;
        this.handedRound.times++;
      },
    });
  }

  override kernelsIn(): Kernels {
    return this.kernels;
  }
  override floats(length: number): DeviceMemory<'f32'> {
    return new CardMemory(this.devices.map((device) => device.floats(length)));
  }
  override table(rows: number, columns: number): DeviceMemory<'f32'> {
    if (columns === 0 || columns % (16 * this.cards) !== 0) return this.floats(rows * columns);
    return new CardMemory(
      this.devices.map((device) => device.floats((rows * columns) / this.cards)),
      true,
    );
  }
  override alike(memory: Floats): DeviceMemory<'f32'> {
    const isShared = memory instanceof CardMemory && memory.isShared;
    return isShared ? this.table(1, memory.length) : this.floats(memory.length);
  }
  override upload(source: Float32Array): DeviceMemory<'f32'>;
  override upload(source: Int32Array): Int32Array;
  override upload(source: Float32Array | Int32Array): DeviceMemory<'f32'> | Int32Array {
    return source instanceof Int32Array ? source : this.floats(source.length);
  }
}
