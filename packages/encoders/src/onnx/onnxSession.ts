import { readFileSync } from 'node:fs';
import { AmrError, digest, fileError } from '@agentmmrec/core';
// The maintained runtime of the ONNX format, prebuilt for the platforms we run on. It is large and its install script fetches files
// for CUDA, so the published package leaves it to whoever has models: `onnxRuntimeInstall` says how.
import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** How a model is run. */
export interface OnnxSettings {
  /** inputs at a time; default 32 */
  readonly batch?: number;
  /** threads of one operation; default 0: the runtime decides */
  readonly threads?: number;
  /** default `cpu`; `cuda` fails where the runtime has no CUDA provider, it never falls back */
  readonly provider?: 'cpu' | 'cuda';
}

/** What a model asks of an input. */
export interface OnnxInput {
  readonly name: string;
  readonly type: string;
  /** sizes that are fixed; null where any will do */
  readonly shape: readonly (number | null)[];
}

export interface OnnxModel {
  /** of the file */
  readonly digest: string;
  readonly inputs: readonly OnnxInput[];
  readonly outputNames: readonly string[];
  /**
   * Runs the model on values that are cast to what each input asks for: whole numbers to int64 or int32, pixels to float32 or
   * float16.
   * @throws AmrError input: an input of another type or size, or a model that fails
   */
  run(feeds: Readonly<Record<string, OnnxValues>>): Promise<Readonly<Record<string, Tensor>>>;
}

/** Values of an input. */
export interface OnnxValues {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

/** What installs the runtime where only the npm registry can be reached. */
export const onnxRuntimeInstall = 'npm install onnxruntime-node --ignore-scripts';

/** Version of the runtime that models run in. @throws AmrError input: it is not there */
export async function onnxRuntimeVersion(): Promise<string> {
  const { env } = await loadRuntime();
  return env.versions.node ?? env.versions.common;
}

/** Loaded when it is needed: the library is large, and most runs use no model. */
async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    throw new AmrError({
      what: 'ONNX runtime',
      got: absent ? 'no package onnxruntime-node' : `${(cause as Error).message?.split('\n')[0]}`,
      expected: 'the package that runs ONNX models',
      hint: `install it beside agentmmrec: ${onnxRuntimeInstall}`,
      cause,
    });
  }
}

/** Opens an ONNX file. @throws AmrError input: missing, or no model the runtime can run */
export async function openOnnx(path: string, settings: OnnxSettings): Promise<OnnxModel> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  const runtime = await loadRuntime();
  try {
    const session = await runtime.InferenceSession.create(path, {
      executionProviders: [settings.provider ?? 'cpu'],
      intraOpNumThreads: settings.threads ?? 0,
      logSeverityLevel: 3,
    });
    const inputs = inputsOf(session);
    return {
      digest: digest(bytes),
      inputs,
      outputNames: session.outputNames,
      async run(feeds) {
        const tensors = inputs.map(({ name, type }) => {
          const { data, dims } = feeds[name];
          return [name, tensorOf(runtime, `${path}, input "${name}"`, type, data, dims)] as const;
        });
        return await session.run(Object.fromEntries(tensors)).catch((cause: unknown) => {
          throw cannotRun(path, inputs, cause);
        });
      },
    };
  } catch (cause) {
    throw new AmrError({
      what: path,
      got: cause instanceof Error ? cause.message.split('\n')[0].slice(0, 200) : String(cause),
      expected: `an ONNX model that runs on ${settings.provider ?? 'cpu'}`,
      hint:
        settings.provider === 'cuda'
          ? 'choose the provider cpu, or install onnxruntime-node with its CUDA libraries and CUDA and cuDNN beside it'
          : 'export the model again',
      cause,
    });
  }
}

function inputsOf({ inputMetadata }: InferenceSession): OnnxInput[] {
  return inputMetadata.map((input) => ({
    name: input.name,
    type: input.isTensor ? input.type : 'no tensor',
    shape: input.isTensor ? input.shape.map((size) => (typeof size === 'number' && size > 0 ? size : null)) : [],
  }));
}

/** The values as a tensor of the type that the input takes. */
function tensorOf(
  { Tensor: Made }: typeof import('onnxruntime-node'),
  what: string,
  type: string,
  data: ArrayLike<number>,
  dims: readonly number[],
): Tensor {
  switch (type) {
    case 'int64':
      return new Made('int64', BigInt64Array.from(data, BigInt), dims);
    case 'int32':
      return new Made('int32', Int32Array.from(data), dims);
    case 'float32':
      return new Made('float32', Float32Array.from(data), dims);
    case 'float16':
      return new Made('float16', Uint16Array.from(data, toHalf), dims);
    default:
      throw new AmrError({
        what,
        got: `the type ${type}`,
        expected: 'int64 or int32 for word pieces, float32 or float16 for pixels',
        hint: 'export the model again with inputs of such a type',
      });
  }
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of the nearest IEEE 754 binary16, ties to even; beyond its range infinity. */
export function toHalf(value: number): number {
  single[0] = value;
  const [bits] = singleBits;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the steps are all 2^-24; above, rounding carries into the exponent by itself.
  if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest > 0.5 ? floor + 1 : floor;
  return floor % 2 === 0 ? floor : floor + 1;
}

function cannotRun(path: string, inputs: readonly OnnxInput[], cause: unknown): AmrError {
  const asked = inputs.map(
    ({ name, type, shape }) => `${name}: ${type} [${shape.map((size) => size ?? 'any').join(', ')}]`,
  );
  return new AmrError({
    what: path,
    got: cause instanceof Error ? cause.message.split('\n')[0].slice(0, 300) : String(cause),
    expected: `a model that runs on its inputs, ${asked.join('; ')}`,
    hint: 'export the model with a free batch size, and a text model with a free length',
    cause,
  });
}

/** The value of the bits of an IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const [exponent, fraction] = [(bits >>> 10) & 0x1f, bits & 0x3ff];
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The values of an output as float32. @throws AmrError input: another type than floating point */
export function floatsOf(tensor: Tensor | undefined, what: string): Float32Array {
  if (tensor?.type === 'float32') return tensor.data as Float32Array;
  if (tensor?.type === 'float64') return Float32Array.from(tensor.data as Float64Array);
  // Bits, or the numbers themselves where JavaScript has such an array.
  if (tensor?.type === 'float16')
    return (tensor.data as Uint16Array)[Symbol.toStringTag] === 'Uint16Array'
      ? Float32Array.from(tensor.data as Uint16Array, fromHalf)
      : Float32Array.from(tensor.data as Uint16Array);
  throw new AmrError({
    what,
    got: tensor === undefined ? 'no such output' : `an output of ${tensor.type}`,
    expected: 'float32, float16 or float64',
    hint: 'export the model with outputs in floating point, not quantized',
  });
}

/** Makes a row's length 1; a zero row stays. */
export function toUnit(row: Float32Array): void {
  let norm = 0;
  for (const value of row) norm += value * value;
  if (norm === 0) return;
  const scale = 1 / Math.sqrt(norm);
  for (let n = 0; n < row.length; n++) row[n] *= scale;
}
