import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AmrError } from '@agentmmrec/core';

/** A file of the pages as it is sent. */
export interface PageFile {
  readonly body: Buffer;
  readonly type: string;
  /** its name holds the digest of its content, so it never changes */
  readonly isFixed: boolean;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Where the build puts the pages: beside the compiled server. */
export const builtPages = fileURLToPath(new URL('../../dist/web', import.meta.url));

/** Every file of the built pages by its address; read once, so that no address ever becomes a path. @throws AmrError: not built */
export function readPages(folder: string): ReadonlyMap<string, PageFile> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new AmrError({
      what: `pages in ${folder}`,
      got: 'none',
      expected: 'the built pages',
      hint: 'build them: npm run build',
      kind: 'failed',
    });
  }
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  return new Map(
    names.flatMap((name): [string, PageFile][] => {
      const type = types[name.split('.').at(-1) ?? ''];
      if (type === undefined) return [];
      const isFixed = name.startsWith('assets/');
      return [[`/${name}`, { body: readFileSync(join(folder, name)), type, isFixed }]];
    }),
  );
}
