/** The place of the first part of a value that is not of a form, as `run.history[3].epoch`; null where all is as it should be. */
export type Shape = (value: unknown, place: string) => string | null;

const is =
  (right: (value: unknown) => boolean): Shape =>
  (value, place) =>
    right(value) ? null : place;

/** Forms of what JSON holds, to look at files that somebody else may have written before they are believed. */
export const shapes = {
  text: is((value) => typeof value === 'string'),
  /** JSON has no other numbers than finite ones */
  number: is((value) => typeof value === 'number' && Number.isFinite(value)),
  /** 0, 1, 2, ... */
  count: is((value) => Number.isSafeInteger(value) && (value as number) >= 0),
  flag: is((value) => typeof value === 'boolean'),
  anything: is(() => true),
  /** an option's value */
  scalar: is((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value)),
  /** one of these values */
  oneOf: (...values: readonly unknown[]): Shape => is((value) => values.includes(value)),
  /** null, or of that form */
  orNull:
    (shape: Shape): Shape =>
    (value, place) =>
      value === null ? null : shape(value, place),
  /** of a part of a record that may be absent */
  orAbsent:
    (shape: Shape): Shape =>
    (value, place) =>
      value === undefined ? null : shape(value, place),
  /** every part of one form */
  list:
    (shape: Shape): Shape =>
    (value, place) =>
      Array.isArray(value) ? firstFault(value.map((one, at) => () => shape(one, `${place}[${at}]`))) : place,
  /** any names, values of one form */
  values:
    (shape: Shape): Shape =>
    (value, place) =>
      isRecord(value)
        ? firstFault(
            Object.entries(value).map(
              ([name, one]) =>
                () =>
                  shape(one, `${place}.${name}`),
            ),
          )
        : place,
  /** these names; others are not looked at */
  record:
    (parts: Readonly<Record<string, Shape>>): Shape =>
    (value, place) =>
      isRecord(value)
        ? firstFault(
            Object.entries(parts).map(
              ([name, shape]) =>
                () =>
                  shape(Object.hasOwn(value, name) ? value[name] : undefined, place === '' ? name : `${place}.${name}`),
            ),
          )
        : place || 'the whole',
} as const;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstFault(looks: readonly (() => string | null)[]): string | null {
  for (const look of looks) {
    const fault = look();
    if (fault !== null) return fault;
  }
  return null;
}
