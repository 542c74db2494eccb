import { AmrError } from '@agentmmrec/core';

/** What SQLite says where the disk takes no more or may not be written, as one sentence; null for any other failure. */
export function diskError(path: string, cause: unknown): AmrError | null {
  const { code, message } = cause as { code?: string; message?: string };
  const what = `knowledge memory ${path}`;
  if (code?.startsWith('SQLITE_FULL') || code?.startsWith('SQLITE_IOERR')) {
    const hint = 'free some space and run the same command again; everything committed so far is kept';
    return new AmrError({ what, got: `${message}`, expected: 'room on the disk', hint, cause });
  }
  // libsql gives the failure to open no code, and not always one to the failure to write; 14 is SQLITE_CANTOPEN.
  const closed = code?.startsWith('SQLITE_CANTOPEN') || /Unable to open connection.*: 14\b/.test(message ?? '');
  if (closed || code?.startsWith('SQLITE_READONLY') || /readonly database/.test(message ?? '')) {
    const got = closed ? 'a file that cannot be opened' : 'a file that cannot be written';
    const hint = 'check the path and its permissions, or name another place with --workspace or --memory';
    return new AmrError({ what, got, expected: 'a file in a folder that can be written', hint, cause });
  }
  return null;
}
