import { readFileSync } from 'node:fs';
import { digest } from './hash.js';
import { parsePlainJson } from './plainJson.js';

/** The value as JSON will hold it, with a digest of all its parts: whoever reads it knows whether it is as it was written. */
export function signed<Content extends object>(content: Content): Content & { readonly digest: string } {
  const plain = JSON.parse(JSON.stringify(content)) as Content;
  return { ...plain, digest: digest(plain) };
}

/** A value that was read: `whole` is as `signed` made it, `unsigned` was made before there were digests, `changed` is damaged. */
export interface ReadSigned<Content extends object> {
  readonly state: 'whole' | 'unsigned' | 'changed';
  /** without the digest; nothing is known of its parts */
  readonly content: Partial<Content>;
}

/**
 * Reads a file of JSON that `signed` made.
 * @returns null: no JSON object in it, or a name that would reach an object's prototype
 * @throws what the system says of the path
 */
export function readSigned<Content extends object>(path: string): ReadSigned<Content> | null {
  const text = readFileSync(path, 'utf8');
  let value: unknown;
  try {
    value = parsePlainJson(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { digest: found, ...rest } = value as Record<string, unknown>;
  const state = found === undefined ? 'unsigned' : found === digest(rest) ? 'whole' : 'changed';
  return { state, content: rest as Partial<Content> };
}
