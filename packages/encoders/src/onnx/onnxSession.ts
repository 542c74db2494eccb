import { readFileSync } from 'node:fs';
import { AmrError, digest, fileError } from '@agentmmrec/core';
// The maintained runtime of the ONNX format, prebuilt for the platforms we run on; nothing is fetched at install or run time.
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

export interface OnnxModel {
  readonly session: InferenceSession;
  /** of the file */
  readonly digest: string;
  tensor(type: 'int64', data: BigInt64Array, dims: readonly number[]): Tensor;
  tensor(type: 'float32', data: Float32Array, dims: readonly number[]): Tensor;
}

/** Version of the runtime that models run in. Throws what the system says where it cannot be loaded. */
export async function onnxRuntimeVersion(): Promise<string> {
  const { env } = await import('onnxruntime-node');
  return env.versions.node ?? env.versions.common;
}

/** Opens an ONNX file. @throws AmrError input: missing, or no model the runtime can run */
export async function openOnnx(path: string, settings: OnnxSettings): Promise<OnnxModel> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  // Loaded when it is needed: the library is large, and most runs use no model.
  const runtime = await import('onnxruntime-node');
  try {
    const session = await runtime.InferenceSession.create(path, {
      executionProviders: [settings.provider ?? 'cpu'],
      intraOpNumThreads: settings.threads ?? 0,
      logSeverityLevel: 3,
    });
    return {
      session,
      digest: digest(bytes),
      tensor: (type: 'int64' | 'float32', data: BigInt64Array | Float32Array, dims: readonly number[]) =>
        type === 'int64'
          ? new runtime.Tensor('int64', data as BigInt64Array, dims)
          : new runtime.Tensor('float32', data as Float32Array, dims),
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

/** The float32 values of an output. @throws AmrError input: another type */
export function floatsOf(tensor: Tensor | undefined, what: string): Float32Array {
  if (tensor?.type === 'float32') return tensor.data as Float32Array;
  throw new AmrError({
    what,
    got: tensor === undefined ? 'no such output' : `an output of ${tensor.type}`,
    expected: 'float32',
    hint: 'export the model in full precision',
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
