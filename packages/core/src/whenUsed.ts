import { createRequire } from 'node:module';

/** What `make` makes, made with the first call and then kept. */
export function whenUsed<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * A library that is loaded with the first call of what is returned: a command that prints its help or refuses a flag answers without
 * waiting for it. For libraries that are needed where nothing can wait; elsewhere `await import` does the same.
 * @param name of a package that has a CommonJS form @param from `import.meta.url` of the user, whose package.json names it
 */
export function libraryWhenUsed<T>(name: string, from: string): () => T {
  return whenUsed(() => createRequire(from)(name) as T);
}
