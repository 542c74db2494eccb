/** `feedbackUsers` as a flag: `feedback-users`. */
export function flagName(optionName: string): string {
  return optionName.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A flag or configuration key as an option name: `feedback-users` and `feedbackUsers` are the same. */
export function optionName(flag: string): string {
  return flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
