import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AmrError, defaultsOf } from '@agentmmrec/core';
import {
  chooseEncoders,
  encoderOptions,
  onnxRuntimeInstall,
  onnxRuntimeVersion,
  usesModels,
} from '@agentmmrec/encoders';
import { instructionSets, openDevice } from '@agentmmrec/kernels';
import { defineCommand } from '../command.js';
import { hanging } from '../session/hanging.js';
import type { Session } from '../session/session.js';

/** What was looked at, what was found, and what to do where it is not good. */
interface Finding {
  readonly name: string;
  readonly good: boolean;
  /** without it nothing runs; the others are for more than the quick start */
  readonly needed: boolean;
  readonly found: string;
  readonly hint: string;
}

const OLLAMA_TIMEOUT_MS = 2000;

export const doctor = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec doctor',
  options: {},
  async run(_options, session) {
    const kernels = cpu();
    const findings = [
      node(),
      kernels,
      workspace(session),
      // Only what compiles the kernels where no prebuilt package fits.
      program('cmake', !kernels.good),
      compiler(!kernels.good),
      cuda(),
      await ollama(),
      await encoderModels(session),
    ];
    for (const { name, good, needed, found, hint } of findings) {
      session.say(hanging(`${good ? '✓' : needed ? '✗' : '–'} `, `${name}: ${found}`, session.columns));
      if (!good) session.say(hanging('  HINT: ', hint, session.columns));
    }
    const broken = findings.filter((finding) => finding.needed && !finding.good);
    session.emit({ healthy: broken.length === 0, findings });
    if (broken.length > 0) {
      throw new AmrError({
        what: 'this machine',
        got: `no working ${broken.map(({ name }) => name).join(', ')}`,
        expected: 'all that is marked with a cross',
        hint: broken[0].hint,
        kind: 'failed',
      });
    }
  },
});

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'Node',
    good,
    needed: true,
    found: process.versions.node,
    hint: 'install 20.19 or newer from nodejs.org',
  };
}

function cpu(): Finding {
  const base = { name: 'native kernels', needed: true };
  try {
    const found = `${openDevice('cpu').description} (${instructionSets().join(', ')})`;
    return { ...base, good: true, found, hint: '' };
  } catch (error) {
    const { got, hint } = error instanceof AmrError ? error : { got: String(error), hint: 'npm run build:native' };
    return { ...base, good: false, found: got, hint };
  }
}

function workspace(session: Session): Finding {
  const existing = existingParent(session.workspace);
  const base = { name: 'workspace', needed: true, found: session.workspace };
  try {
    accessSync(existing, constants.W_OK);
    return { ...base, good: true, hint: '' };
  } catch {
    return {
      ...base,
      good: false,
      found: `${session.workspace} cannot be written`,
      hint: 'name another place with --workspace',
    };
  }
}

function existingParent(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingParent(dirname(path));
}

function program(name: string, needed: boolean): Finding {
  const version = versionOf(name);
  const hint = `install ${name}, for example with apt-get install ${name}`;
  return { name, good: version !== undefined, needed, found: version ?? 'not found', hint };
}

function compiler(needed: boolean): Finding {
  const names = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  const version = names.map(versionOf).find((found) => found !== undefined);
  const hint = 'install one, for example with apt-get install g++';
  return { name: 'C++ compiler', good: version !== undefined, needed, found: version ?? 'not found', hint };
}

function cuda(): Finding {
  const base = { name: 'CUDA', needed: false };
  try {
    return { ...base, good: true, found: openDevice('cuda').description, hint: '' };
  } catch (error) {
    const { got, hint } = error instanceof AmrError ? error : { got: String(error), hint: 'use --device cpu' };
    return { ...base, good: false, found: got, hint };
  }
}

/** Ollama serves the LLM reasoner; the extractive reasoner needs no server. */
async function ollama(): Promise<Finding> {
  const host = process.env.OLLAMA_HOST || '127.0.0.1:11434';
  const address = host.includes('://') ? host : `http://${host}`;
  const base = { name: 'Ollama', needed: false };
  try {
    const response = await fetch(new URL('/api/version', address), { signal: AbortSignal.timeout(OLLAMA_TIMEOUT_MS) });
    const { version } = (await response.json()) as { version?: unknown };
    return { ...base, good: true, found: `${String(version)} at ${host}`, hint: '' };
  } catch {
    const hint = 'start it with "ollama serve", or set OLLAMA_HOST; --reasoner extractive needs none';
    return { ...base, good: false, found: `no server at ${host}`, hint };
  }
}

/** Models are files of the user's: nothing here fetches any, so this says which and how. */
async function encoderModels({ workspace: folder }: Session): Promise<Finding> {
  const base = { name: 'encoder models', needed: false, good: false };
  const hint =
    '--text-model FOLDER (of encode, train and experiment) takes tokenizer.json with model.onnx (or onnx/model.onnx) of a sentence encoder such as ' +
    'all-MiniLM-L6-v2, --image-model FILE an image model such as vision_model.onnx of CLIP ViT-B/32 with preprocessor_config.json ' +
    'beside it or one folder up; in models/ of the workspace both are found. Many model repositories hold these files; else the Python package optimum writes them: ' +
    'optimum-cli export onnx --model NAME --task feature-extraction FOLDER';
  try {
    const chosen = chooseEncoders(defaultsOf('encoders', encoderOptions), folder);
    const version = await onnxRuntimeVersion();
    const named = usesModels(chosen) ? `${chosen.textModel} and ${chosen.imageModel}` : 'built-in hashing and pixels';
    const found = `${named}; ONNX runtime ${version} for models of yours`;
    return { ...base, good: usesModels(chosen), found, hint };
  } catch {
    const found = 'built-in hashing and pixels; the ONNX runtime for models of yours is not installed';
    return { ...base, found, hint: `install it beside agentmmrec: ${onnxRuntimeInstall}. Then ${hint}` };
  }
}

function versionOf(name: string): string | undefined {
  const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}
