import { useAnswer } from '../answers.js';
import { Command } from './parts.js';

/** In a workspace that lacks something: what it is, and the command that makes it. */
export function FirstStep({ always = false }: { always?: boolean }) {
  const status = useAnswer('status', {}).value;
  if (!status?.firstStep) return always ? <div class="note">Nothing is there yet.</div> : null;
  const { lacking, command } = status.firstStep;
  return (
    <div class="note">
      <p>
        <strong>This workspace has no {lacking.replace(/^an? /, '')} yet.</strong> The first command makes one; this
        page follows by itself.
      </p>
      {command.split(' && ').map((one) => (
        <Command key={one} command={`npx ${one}`} />
      ))}
    </div>
  );
}
