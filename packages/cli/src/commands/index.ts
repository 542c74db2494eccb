import type { Command } from '../command.js';
import { workspaceClean } from './workspaceClean.js';

/** Every verb, in the order of the overview. A new verb is one file beside this one and one line here. */
export const commands: readonly Command[] = [workspaceClean];
