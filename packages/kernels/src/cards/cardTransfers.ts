import type { Floats } from '../arrays.js';
import type { CardOf, ColumnShare } from '../cuda/cudaDevice.js';
import type { Device } from '../device.js';
import { type CardMemory, COLUMNS_OF_BLOCK, onCards } from './cardMemory.js';

/** One of several cards. */
export interface Card extends Pick<Device, 'kernels' | 'floats' | 'release'> {
  /** See `CudaDevice.takeTurns`. */
  takeTurns(out: Floats, x: Floats, d: number, of: CardOf): void;
  /** See `CudaDevice.onColumnsOf`. */
  onColumnsOf(of: CardOf, body: () => void): void;
  /** See `CudaDevice.onShareOfColumns`. */
  onShareOfColumns(half: 'first' | 'second', share: ColumnShare, body: () => void): void;
}

/** Cards that hand each other pieces of arrays. */
export interface Cards {
  readonly devices: readonly Card[];
  /** Elements [bounds[c], bounds[c + 1]) of card c's array go to the same place of the others'. */
  share(arrays: readonly Floats[], bounds: readonly number[]): void;
}

/** What each card has of something. */
type ByCard = readonly Floats[];

/** Whole tables of what cards share, and their columns of what each has whole, for the length of one call. */
export class Wholes {
  private readonly made = new Map<unknown, ByCard>();
  private readonly memory: ByCard[] = [];

  constructor(private readonly cards: Cards) {}

  /** All of it on each card: handed round where it is shared. */
  of(array: Floats): ByCard {
    const { parts, isShared } = onCards(array);
    if (!isShared) return parts;
    return this.once(array, () => this.gathered(parts));
  }

  /** What each card has of a table, of which every one may have all. */
  ownOf(array: Floats): ByCard {
    const { parts, isShared } = onCards(array);
    return isShared ? parts : this.once(array, () => this.turnsOf(parts, COLUMNS_OF_BLOCK));
  }

  /** Of rows of d elements those that are a card's turn. */
  turnsOf(whole: ByCard, d: number): ByCard {
    const { devices } = this.cards;
    const cards = devices.length;
    const turns = this.taken(whole[0].length / cards);
    forEach(devices, (device, card) => device.takeTurns(turns[card], whole[card], d, { cards, card }));
    return turns;
  }

  /** Memory for all of a shared table on each card, of any content. */
  roomFor({ length }: CardMemory<'f32'>): ByCard {
    return this.taken(length);
  }

  /** The table becomes what each card has whole. */
  putBack({ parts }: CardMemory<'f32'>, whole: readonly Floats[]): void {
    const { devices } = this.cards;
    const cards = devices.length;
    forEach(devices, (device, card) => device.takeTurns(parts[card], whole[card], COLUMNS_OF_BLOCK, { cards, card }));
  }

  release(): void {
    for (const arrays of this.memory) forEach(this.cards.devices, (device, card) => device.release(arrays[card]));
  }

  private gathered(parts: ByCard): ByCard {
    const { devices } = this.cards;
    const cards = devices.length;
    const piece = parts[0].length;
    const pieces = devices.map((device, card) => {
      const all = device.floats(cards * piece, 'any');
      const x = parts[card];
      device.kernels.axpby({ out: all.subarray(card * piece, (card + 1) * piece), x, alpha: 1, beta: 0 });
      return all;
    });
    handRound(this.cards, pieces, piece);
    const whole = this.taken(cards * piece);
    forEach(devices, (device, card) => {
      for (let of = 0; of < cards; of++) {
        const x = pieces[card].subarray(of * piece, (of + 1) * piece);
        const [width, at, d] = [cards, of, 1].map((blocks) => blocks * COLUMNS_OF_BLOCK);
        device.kernels.copyColumns({ out: whole[card], x, width, at, d });
      }
      device.release(pieces[card]);
    });
    return whole;
  }

  private once(array: Floats, make: () => ByCard): ByCard {
    const known = this.made.get(array) ?? make();
    this.made.set(array, known);
    return known;
  }

  private taken(length: number): ByCard {
    const arrays = this.cards.devices.map((device) => device.floats(length, 'any'));
    this.memory.push(arrays);
    return arrays;
  }
}

/** Each card's piece of its array goes to the others. */
export function handRound(cards: Cards, arrays: readonly Floats[], piece: number): void {
  cards.share(
    arrays,
    Array.from({ length: cards.devices.length + 1 }, (_, card) => card * piece),
  );
}

/** For each card. */
export function forEach(devices: readonly Card[], body: (device: Card, card: number) => void): void {
  for (const [card, device] of devices.entries()) body(device, card);
}
