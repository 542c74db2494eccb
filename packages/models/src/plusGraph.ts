import type { Tape, Tensor } from '@agentmmrec/autograd';
import { flag } from '@agentmmrec/core';
import type { Floats, Ints } from '@agentmmrec/kernels';
import { missingContent } from './contentErrors.js';
import { type Convolution, convolution } from './convolution.js';
import type { BuildContext } from './model.js';

/** Beside the options of every model that takes graphs on top; the command line sets it by `--plus graph`. */
export const plusGraphOption = {
  plusGraph: flag(false, 'add the convolutions of the knowledge graphs: bmu over users, bmi over items (--plus graph)'),
} as const;

/** The tables that a model represents users [users, d] and items [items, d] by. */
export interface Represented<T> {
  readonly users: T;
  readonly items: T;
}

/**
 * `+graph` of method.md section 6 (Table 2 of the AgentMMRec paper): users E + bmu E, items E + bmi E on top of whatever
 * represents a model's users and items, in training and in ranking, one layer each as in eq. 17 and 18. The graph of
 * refined items is the Utilizer's own and is not part of it. Rows aggregate their own list.
 */
export class PlusGraph {
  private constructor(
    private readonly context: BuildContext,
    /** the row of the first item where users and items share a table; 0 where they have a table each */
    private readonly firstItem: number,
    private readonly graphs: Represented<Convolution | null>,
  ) {}

  /**
   * The graphs of the context's knowledge, or null where the option is off.
   * @throws AmrError input without knowledge, or knowledge without both graphs
   */
  static of(
    context: BuildContext & { readonly options: { readonly plusGraph: boolean } },
    firstItem: number,
    remarks: string[],
  ): PlusGraph | null {
    if (!context.options.plusGraph) return null;
    const { device, data } = context;
    const { bmu = null, bmi = null } = data.knowledge ?? {};
    if (!bmu && !bmi) throw missingContent('--plus graph', 'no knowledge with a graph of users or items');
    if (!bmu) remarks.push('no bmu graph: there is no knowledge for it');
    if (!bmi) remarks.push('no bmi graph: there is no knowledge for it');
    const own = { orientation: 'own', weight: 1 } as const;
    const items = { name: 'items', firstNode: firstItem, count: data.items };
    return new PlusGraph(context, firstItem, {
      users: bmu && convolution(device, bmu, { name: 'users', firstNode: 0, count: data.users }, own),
      items: bmi && convolution(device, bmi, items, own),
    });
  }

  /** The rows of users `ids` [m] of table e with their convolution: [m, d]. */
  users(tape: Tape, e: Tensor, ids: Ints): Tensor {
    return added(tape, e, ids, 0, this.graphs.users);
  }

  /** The rows of items `ids` [m]. */
  items(tape: Tape, e: Tensor, ids: Ints): Tensor {
    return added(tape, e, ids, this.firstItem, this.graphs.items);
  }

  /** Fills `out`, [users + items, d], from the tables (the same one twice where users and items share it). */
  represent(out: Floats, e: Represented<Floats>, d: number): Represented<Floats> & { readonly d: number } {
    const { device, data } = this.context;
    const users = out.subarray(0, data.users * d);
    const items = out.subarray(data.users * d, (data.users + data.items) * d);
    const firstItem = this.firstItem * d;
    device.kernels.axpby({ out: users, x: e.users.subarray(0, data.users * d), alpha: 1, beta: 0 });
    device.kernels.axpby({ out: items, x: e.items.subarray(firstItem, firstItem + data.items * d), alpha: 1, beta: 0 });
    this.graphs.users?.addAll(users, e.users, d);
    this.graphs.items?.addAll(items, e.items, d);
    return { users, items, d };
  }

  release(): void {
    this.graphs.users?.release();
    this.graphs.items?.release();
  }
}

function added(tape: Tape, e: Tensor, ids: Ints, first: number, graph: Convolution | null): Tensor {
  const rows = tape.gatherRows(e, ids, first);
  return graph ? graph.addRows(tape, e, ids, rows) : rows;
}
