import { join } from 'node:path';
import { AmrError, ArtifactStore, type Matrix } from '@agentmmrec/core';
import { readMatrix, writeMatrix } from '@agentmmrec/encoders';
import type { KeepMatrix } from '@agentmmrec/models';

const fileName = 'matrix.arrow';

/**
 * Matrices that models make of features, kept as artifacts of the workspace. One that another process is making is made here too.
 * @param access who only reads may be where nothing can be written: then it is made for this time only
 */
export function keptIn(workspace: string, access: 'read' | 'write'): KeepMatrix {
  const store = new ArtifactStore(workspace);
  return (from, make) => {
    const made: (Matrix | null)[] = [];
    const once = () => {
      if (made.length === 0) made.push(make());
      return made[0];
    };
    try {
      const kept = store.getNow(from, (folder) => {
        const rows = once();
        if (rows) writeMatrix(join(folder, fileName), rows);
        return { made: rows !== null };
      });
      if (kept?.reused) return kept.manifest.made ? readMatrix(join(kept.folder, fileName)) : null;
    } catch (cause) {
      if (access !== 'read' || !(cause instanceof AmrError && cause.kind === 'input')) throw cause;
    }
    return once();
  };
}
