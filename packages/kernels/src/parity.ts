import type { Device, Floats, Ints } from './device.js';
import type { CallOf, HostCall, KernelCase, KernelDefinition, KernelName, Tolerance } from './kernel.js';

type HostArray = Float32Array | Float64Array | Int32Array;

/** Elements of guard before and after each array; odd, so that no array starts at the alignment its kernel would like. */
const GUARD = 19;
const FLOAT_GUARD = -1.2345679e18;
const INT_GUARD = -1_234_567_890;

function isArray(value: unknown): value is HostArray {
  return value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array;
}

function isCsr(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && 'offsets' in value;
}

/** The call with every array replaced; the same array stays the same array, so aliases stay aliases. */
function mapArrays(call: object, replace: (array: HostArray, path: string) => unknown): Record<string, unknown> {
  const seen = new Map<HostArray, unknown>();
  const visit = (value: unknown, path: string): unknown => {
    if (isArray(value)) {
      if (!seen.has(value)) seen.set(value, replace(value, path));
      return seen.get(value);
    }
    if (!isCsr(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, visit(part, `${path}.${key}`)]));
  };
  return Object.fromEntries(Object.entries(call).map(([key, value]) => [key, visit(value, key)]));
}

/** A copy of the call for the reference: floats in float64. */
export function float64Call<N extends KernelName>(call: HostCall<N>): HostCall<N> {
  const copy = mapArrays(call, (array) => (array instanceof Int32Array ? array.slice() : Float64Array.from(array)));
  return copy as unknown as HostCall<N>;
}

interface Guarded {
  readonly path: string;
  readonly before: Float32Array | Int32Array;
  readonly whole: Floats | Ints;
}

/** Uploads every array between guards. */
function guardedCall<N extends KernelName>(call: HostCall<N>, device: Device): { call: CallOf<N>; arrays: Guarded[] } {
  const arrays: Guarded[] = [];
  const copy = mapArrays(call, (array, path) => {
    const whole =
      array instanceof Int32Array
        ? new Int32Array(array.length + 2 * GUARD)
        : new Float32Array(array.length + 2 * GUARD);
    whole.fill(array instanceof Int32Array ? INT_GUARD : FLOAT_GUARD);
    whole.set(array, GUARD);
    const onDevice = whole instanceof Int32Array ? device.upload(whole.slice()) : device.upload(whole.slice());
    arrays.push({ path, before: whole, whole: onDevice });
    return (onDevice as Floats).subarray(GUARD, GUARD + array.length);
  });
  return { call: copy as unknown as CallOf<N>, arrays };
}

function readBack(memory: Floats | Ints, device: Device): Float32Array | Int32Array {
  return device.read(memory as Floats);
}

/** The first element of `after` that differs in bits from `before`, in [begin, end), or -1. */
function firstChange(
  before: Float32Array | Int32Array,
  after: Float32Array | Int32Array,
  begin: number,
  end: number,
): number {
  for (let i = begin; i < end; i++) if (!Object.is(before[i], after[i])) return i;
  return -1;
}

function closeEnough(actual: number, expected: number, tolerance: Tolerance | 'exact'): boolean {
  // Rounded first: beyond float32's range the right answer is infinity.
  const rounded = Math.fround(expected);
  if (actual === rounded || (Number.isNaN(actual) && Number.isNaN(rounded))) return true;
  if (tolerance === 'exact') return false;
  return Math.abs(actual - expected) <= tolerance.absolute + tolerance.relative * Math.abs(expected);
}

function compareOutputs(
  actual: Record<string, unknown>,
  expected: Record<string, unknown>,
  outputs: readonly string[],
  tolerance: Tolerance | 'exact',
): string | undefined {
  for (const name of outputs) {
    const a = actual[name];
    const e = expected[name];
    if (!isArray(a) || !isArray(e)) continue;
    for (let i = 0; i < e.length; i++) {
      if (!closeEnough(a[i], e[i], e instanceof Int32Array ? 'exact' : tolerance))
        return `${name}[${i}]: got ${a[i]}, expected ${e[i]}`;
    }
  }
  return undefined;
}

/** The arguments of a case as the float64 reference leaves them. */
export function expectedCall<N extends KernelName>(
  definition: KernelDefinition<N>,
  kernelCase: KernelCase<N>,
): HostCall<N> {
  const expected = float64Call(kernelCase.call);
  definition.reference(expected);
  return expected;
}

export interface ParityResult {
  /** What is wrong, or undefined. */
  readonly wrong: string | undefined;
  /** The outputs' bits, to compare runs with each other. */
  readonly outputs: (Float32Array | Int32Array)[];
}

/**
 * Runs one case of a kernel on a device and compares it with the float64 reference: outputs within the tolerance, inputs
 * and the guard values around every array unchanged. `expected` is what `expectedCall` gives, for callers that run a case
 * often.
 */
export function checkParity<N extends KernelName>(
  definition: KernelDefinition<N>,
  kernelCase: KernelCase<N>,
  device: Device,
  expected: HostCall<N> = expectedCall(definition, kernelCase),
): ParityResult {
  const { call, arrays } = guardedCall(kernelCase.call, device);
  (device.kernels[definition.name] as (call: CallOf<N>) => void)(call);

  const outputs = definition.outputs as readonly string[];
  const written = new Set([...outputs, ...((definition.scratch ?? []) as readonly string[])]);
  const writtenArrays = new Set(
    Object.entries(call).flatMap(([key, value]) => (written.has(key) ? [value as unknown] : [])),
  );
  const after = new Map(arrays.map((array) => [array.path, readBack(array.whole, device)]));
  const actual: Record<string, unknown> = { ...kernelCase.call };
  const bits: (Float32Array | Int32Array)[] = [];
  for (const { path, before } of arrays) {
    const now = after.get(path) ?? before;
    const end = before.length - GUARD;
    const guard = Math.max(firstChange(before, now, 0, GUARD), firstChange(before, now, end, before.length));
    if (guard >= 0) return { wrong: `${path}: wrote outside the array, at ${guard - GUARD}`, outputs: [] };
    const isWritten = path in call && writtenArrays.has((call as Record<string, unknown>)[path]);
    const change = isWritten ? -1 : firstChange(before, now, GUARD, end);
    if (change >= 0) return { wrong: `${path}: an input was changed, at ${change - GUARD}`, outputs: [] };
    actual[path] = now.subarray(GUARD, end);
  }
  for (const name of outputs) {
    const source = (kernelCase.call as Record<string, unknown>)[name];
    const path = arrays.find((array) => (kernelCase.call as Record<string, unknown>)[array.path] === source)?.path;
    if (source === undefined || path === undefined) continue;
    actual[name] = actual[path];
    bits.push((actual[path] as Float32Array | Int32Array).slice());
  }
  const tolerance = definition.tolerance(kernelCase.call);
  const wrong =
    definition.compare && !kernelCase.exact
      ? definition.compare(actual as HostCall<N>, expected, tolerance)
      : compareOutputs(actual, expected as Record<string, unknown>, outputs, kernelCase.exact ? 'exact' : tolerance);
  return { wrong, outputs: bits };
}
