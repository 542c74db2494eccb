import type { Floats, Ints } from '../arrays.js';
import type { Device } from '../device.js';
import type { GradientDevice, HostCall, KernelCase, Tolerance } from '../kernel.js';
import { type CallOf, definitions, type KernelDefinition, type KernelName } from '../specs.js';

type HostArray = Float32Array | Float64Array | Int32Array;

/**
 * Elements of guard before and after each array: an odd number, so that no array starts at the alignment its kernel would like, or
 * one that keeps the alignment of the device's memory. Kernels have paths of their own for either.
 */
const GUARDS = { odd: 19, aligned: 32 } as const;
/** Whether the arrays of a parity run begin on 16 bytes. */
export type Placement = keyof typeof GUARDS;
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
function float64Call<N extends KernelName>(call: HostCall<CallOf<N>>): HostCall<CallOf<N>> {
  const copy = mapArrays(call, (array) => (array instanceof Int32Array ? array.slice() : Float64Array.from(array)));
  return copy as unknown as HostCall<CallOf<N>>;
}

interface Guarded {
  readonly source: HostArray;
  readonly path: string;
  readonly before: Float32Array | Int32Array;
  readonly whole: Floats | Ints;
}

/** Uploads every array between guards. */
function guardedCall<N extends KernelName>(
  call: HostCall<CallOf<N>>,
  device: Device,
  guard: number,
): { call: CallOf<N>; arrays: Guarded[] } {
  const arrays: Guarded[] = [];
  const copy = mapArrays(call, (array, path) => {
    const whole =
      array instanceof Int32Array
        ? new Int32Array(array.length + 2 * guard)
        : new Float32Array(array.length + 2 * guard);
    whole.fill(array instanceof Int32Array ? INT_GUARD : FLOAT_GUARD);
    whole.set(array, guard);
    const onDevice = whole instanceof Int32Array ? device.upload(whole.slice()) : device.upload(whole.slice());
    arrays.push({ source: array, path, before: whole, whole: onDevice });
    return (onDevice as Floats).subarray(guard, guard + array.length);
  });
  return { call: copy as unknown as CallOf<N>, arrays };
}

function readBack(memory: Floats | Ints, device: Device): Float32Array | Int32Array {
  return device.read(memory as Floats);
}

/** Whether the bytes of elements [begin, end) are the same. */
function sameBytes(a: Float32Array | Int32Array, b: Float32Array | Int32Array, begin: number, end: number): boolean {
  const bytes = (x: Float32Array | Int32Array) => Buffer.from(x.buffer, x.byteOffset + 4 * begin, 4 * (end - begin));
  return bytes(a).equals(bytes(b));
}

function closeEnough(actual: number, expected: number, tolerance: Tolerance | 'exact'): boolean {
  // Ids are exact as they are. Values are rounded first: beyond float32's range the right answer is infinity.
  const rounded = Math.fround(expected);
  if (actual === expected || actual === rounded || (Number.isNaN(actual) && Number.isNaN(rounded))) return true;
  if (tolerance === 'exact') return false;
  return Math.abs(actual - expected) <= tolerance.absolute + tolerance.relative * Math.abs(expected);
}

function compareOutputs(
  actual: object,
  expected: object,
  outputs: readonly string[],
  tolerance: Tolerance | 'exact',
): string | undefined {
  for (const name of outputs) {
    const a = (actual as Record<string, unknown>)[name];
    const e = (expected as Record<string, unknown>)[name];
    if (!isArray(a) || !isArray(e)) continue;
    const allowed = e instanceof Int32Array ? 'exact' : tolerance;
    for (let i = 0; i < e.length; i++) {
      if (!closeEnough(a[i], e[i], allowed)) return `${name}[${i}]: got ${a[i]}, expected ${e[i]}`;
    }
  }
  return undefined;
}

/** The arguments of a case as the float64 reference leaves them. */
export function expectedCall<N extends KernelName>(
  definition: KernelDefinition<N>,
  kernelCase: KernelCase<CallOf<N>>,
): HostCall<CallOf<N>> {
  const expected = float64Call(kernelCase.call);
  definition.reference(expected);
  return expected;
}

/** The arguments of a case as a device leaves them, or what it did that no kernel may do. */
export type DeviceRun<N extends KernelName> = { readonly call: HostCall<CallOf<N>> } | { readonly wrong: string };

/** Runs a case on a device, every array between guard values, and sees that guards and inputs keep their bits. */
export function runOnDevice<N extends KernelName>(
  definition: KernelDefinition<N>,
  kernelCase: KernelCase<CallOf<N>>,
  device: Device,
  placement: Placement = 'odd',
): DeviceRun<N> {
  const guard = GUARDS[placement];
  const { call, arrays } = guardedCall(kernelCase.call, device, guard);
  (device.kernels[definition.name] as (call: CallOf<N>) => void)(call);
  const host = kernelCase.call as Record<string, unknown>;
  const writable = [...definition.outputs, ...(definition.scratch ?? [])].map((name) => host[name as string]);
  const after = new Map<unknown, Float32Array | Int32Array>();
  for (const { source, path, before, whole } of arrays) {
    const now = readBack(whole, device);
    const end = guard + source.length;
    if (!sameBytes(before, now, 0, guard) || !sameBytes(before, now, end, end + guard)) {
      return { wrong: `${path}: the kernel wrote outside the array` };
    }
    if (!writable.includes(source) && !sameBytes(before, now, guard, end)) {
      return { wrong: `${path}: the kernel changed an input` };
    }
    after.set(source, now.subarray(guard, end));
  }
  const result = Object.entries(host).map(([name, value]) => [name, after.get(value) ?? value]);
  return { call: Object.fromEntries(result) as HostCall<CallOf<N>> };
}

/** What of the outputs differs from the reference's by more than the tolerance, or undefined. */
export function compareWithExpected<N extends KernelName>(
  definition: KernelDefinition<N>,
  kernelCase: KernelCase<CallOf<N>>,
  actual: HostCall<CallOf<N>>,
  expected: HostCall<CallOf<N>>,
): string | undefined {
  const tolerance = definition.tolerance(kernelCase.call);
  if (definition.compare && !kernelCase.exact) return definition.compare(actual, expected, tolerance);
  const outputs = definition.outputs as readonly string[];
  return compareOutputs(actual, expected, outputs, kernelCase.exact ? 'exact' : tolerance);
}

/** The outputs' bytes one after the other, to compare runs bit by bit. */
export function outputBytes<N extends KernelName>(definition: KernelDefinition<N>, call: HostCall<CallOf<N>>): Buffer {
  const arrays = definition.outputs.map((name) => call[name] as unknown).filter(isArray);
  return Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}

/** Runs one case on a device and says what is wrong with it, or undefined. */
export function checkParity<N extends KernelName>(
  definition: KernelDefinition<N>,
  kernelCase: KernelCase<CallOf<N>>,
  device: Device,
  placement: Placement = 'odd',
): string | undefined {
  const run = runOnDevice(definition, kernelCase, device, placement);
  if ('wrong' in run) return run.wrong;
  return compareWithExpected(definition, kernelCase, run.call, expectedCall(definition, kernelCase));
}

/** The device as gradient checks see it. */
export function gradientDevice(device: Device): GradientDevice {
  const names = new Map<unknown, string>(Object.entries(definitions).map(([name, spec]) => [spec, name]));
  const kernels = device.kernels as Readonly<Record<string, (call: never) => void>>;
  return {
    floats: (length) => device.floats(length),
    upload: device.upload.bind(device) as GradientDevice['upload'],
    uploadCsr: (csr) => device.uploadCsr(csr),
    read: (memory) => device.read(memory),
    run: (kernel, call) => kernels[names.get(kernel) ?? ''](call as never),
  };
}
