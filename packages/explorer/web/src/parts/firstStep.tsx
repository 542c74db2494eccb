import { useEffect, useRef, useState } from 'preact/hooks';
import { useAnswer } from '../answers.js';
import { Command } from './parts.js';

const LOOK_MS = 3000;

/** In a workspace that lacks something: what it is, and the command that makes it. Once it is there the page is loaded anew. */
export function FirstStep() {
  const [again, setAgain] = useState(0);
  const status = useAnswer('status', {}, again).value;
  const first = useRef<string | null>(null);
  const lacking = status?.firstStep?.lacking ?? null;
  useEffect(() => {
    if (lacking === null) {
      if (status !== null && first.current !== null) location.reload();
      return;
    }
    if (first.current !== null && first.current !== lacking) location.reload();
    first.current = lacking;
    const timer = setInterval(() => setAgain((count) => count + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, [lacking, status]);
  if (!status?.firstStep) return null;
  return (
    <div class="note">
      <p>
        <strong>This workspace has no {status.firstStep.lacking.replace(/^an? /, '')} yet.</strong> This makes one; the
        page follows by itself.
      </p>
      {status.firstStep.command.split(' && ').map((one) => (
        <Command key={one} command={`npx ${one}`} />
      ))}
    </div>
  );
}
