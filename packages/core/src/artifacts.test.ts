import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AmrError, type Artifact, ArtifactStore, canonicalJson, digest, fileError, writeFileAtomic } from './index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'amr-artifacts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('canonical JSON and digests', () => {
  test('do not depend on the order of keys, do depend on content', () => {
    expect(canonicalJson({ b: [1, 'x'], a: null })).toBe('{"a":null,"b":[1,"x"]}');
    expect(digest({ a: 1, b: 2 })).toBe(digest({ b: 2, a: 1 }));
    expect(digest(Int32Array.of(1, 2))).not.toBe(digest(Int32Array.of(1, 3)));
    expect(digest({ a: Float32Array.of(1) })).not.toBe(digest({ a: Float32Array.of(2) }));
  });
});

describe('ArtifactStore', () => {
  const key = { stage: 'features', stageVersion: 1, inputs: { data: 'abc', width: 384 } };

  test('makes once, then finds; other inputs are another artifact', async () => {
    const store = new ArtifactStore(folder);
    let made = 0;
    const write = async (to: string) => {
      made++;
      writeFileSync(join(to, 'x'), 'content');
      return { rows: 3 };
    };
    const first = await store.get(key, write);
    const second = await store.get(key, write);
    expect([first.reused, second.reused, made]).toEqual([false, true, 1]);
    expect(second.manifest.rows).toBe(3);
    expect(readFileSync(join(second.folder, 'x'), 'utf8')).toBe('content');
    expect(store.folderOf({ ...key, inputs: { ...key.inputs, width: 385 } })).not.toBe(first.folder);
    expect(store.folderOf({ ...key, stageVersion: 2 })).not.toBe(first.folder);
  });

  test.each<[string, (folder: string) => void]>([
    ['a file changed', (at) => writeFileSync(join(at, 'x'), 'c0ntent')],
    ['a file gone', (at) => rmSync(join(at, 'x'))],
    ['a file added', (at) => writeFileSync(join(at, 'y'), '')],
    ['an empty manifest', (at) => writeFileSync(join(at, 'manifest.json'), '{}')],
    ['no manifest', (at) => rmSync(join(at, 'manifest.json'))],
    [
      'a fact changed',
      (at) =>
        writeFileSync(
          join(at, 'manifest.json'),
          readFileSync(join(at, 'manifest.json'), 'utf8').replace('"rows": 3', '"rows": 4'),
        ),
    ],
    [
      'a file instead of its folder',
      (at) => {
        rmSync(at, { recursive: true });
        writeFileSync(at, 'x');
      },
    ],
  ])('a damaged one is made again: %s', async (_, damage) => {
    const store = new ArtifactStore(folder);
    const write = async (to: string) => {
      writeFileSync(join(to, 'x'), 'content');
      return { rows: 3 };
    };
    const { folder: at } = await store.get(key, write);
    damage(at);
    expect(store.find(key)).toBeNull();
    const again = await store.get(key, write);
    expect([again.reused, again.manifest]).toEqual([false, { rows: 3 }]);
    expect(readFileSync(join(at, 'x'), 'utf8')).toBe('content');
    expect(store.find(key)?.reused).toBe(true);
    expect(readdirSync(dirname(at))).toEqual([basename(at)]);
  });

  test('swapped folders are told apart by their keys', async () => {
    const store = new ArtifactStore(folder);
    const other = { ...key, inputs: { data: 'other' } };
    const write = (text: string) => async (to: string) => {
      writeFileSync(join(to, 'x'), text);
      return {};
    };
    const [one, two] = [await store.get(key, write('one')), await store.get(other, write('two'))];
    renameSync(one.folder, `${one.folder}-away`);
    renameSync(two.folder, one.folder);
    expect([store.find(key), store.find(other)]).toEqual([null, null]);
    expect(readFileSync(join((await store.get(key, write('one'))).folder, 'x'), 'utf8')).toBe('one');
  });

  test('of several that ask at once one makes it, and what a kill left is cleared', async () => {
    const store = new ArtifactStore(folder);
    const left = `${store.folderOf(key)}.0123456789ab.tmp`;
    mkdirSync(left, { recursive: true });
    let made = 0;
    const write = async (to: string) => {
      made++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(join(to, 'x'), 'content');
      return {};
    };
    const all = await Promise.all([store.get(key, write), store.get(key, write), store.get(key, write)]);
    expect([made, all.filter(({ reused }) => reused).length, existsSync(left)]).toEqual([1, 2, false]);
  });

  test('who cannot wait makes it at once, finds it, and is told where another is making it', async () => {
    const store = new ArtifactStore(folder);
    let seen: Artifact | null | undefined;
    const write = (to: string) => {
      seen = store.getNow(key, () => undefined);
      writeFileSync(join(to, 'x'), 'content');
      return { made: true };
    };
    expect(store.getNow(key, write)).toMatchObject({ reused: false, manifest: { made: true } });
    expect(seen).toBeNull();
    expect(store.getNow(key, write)).toMatchObject({ reused: true });
    expect(await store.get(key, async () => ({}))).toMatchObject({ reused: true });
    const other = { ...key, stageVersion: 99 };
    const fails = () => {
      throw new Error('stopped');
    };
    expect(() => store.getNow(other, fails)).toThrow('stopped');
    expect(store.find(other)).toBeNull();
    expect(store.getNow(other, () => undefined)).toMatchObject({ reused: false });
  });

  test('a stage that throws leaves nothing', async () => {
    const store = new ArtifactStore(folder);
    const attempt = store.get(key, async (to) => {
      writeFileSync(join(to, 'half'), '');
      throw new Error('stopped');
    });
    await expect(attempt).rejects.toThrow('stopped');
    expect(store.find(key)).toBeNull();
    expect(readdirSync(dirname(store.folderOf(key)))).toEqual([]);
  });
});

describe('atomic writes', () => {
  test('a failed write keeps the old file and leaves no temporary one', () => {
    const path = join(folder, 'file');
    writeFileAtomic(path, 'old');
    expect(() => writeFileAtomic(join(path, 'below-a-file'), 'new')).toThrow(AmrError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
    expect(existsSync(path)).toBe(true);
  });

  test.each([
    ['ENOSPC', 'no space left on the disk'],
    ['EDQUOT', 'a disk quota that is used up'],
    ['EFBIG', 'a file larger than is allowed here'],
  ])('no room (%s) is one sentence and exit 2', (code, sentence) => {
    const error = fileError('writing x', Object.assign(new Error(code), { code }));
    expect(error.message).toContain(sentence);
    expect(error.exitCode).toBe(2);
  });
});
