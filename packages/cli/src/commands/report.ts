import { remakeReports } from '@agentmmrec/experiments';
import { defineCommand } from '../command.js';

export const report = defineCommand({
  details:
    'From the results in JSON under the workspace’s reports: nothing is run. Each page has Markdown, CSV and LaTeX beside it.',
  example: 'agentmmrec report',
  options: {},
  async run(_options, session) {
    const { results, damaged, index } = remakeReports(session.workspace);
    for (const name of damaged) {
      session.log.warn(`${name} is not as it was written and has no page: give the command of its experiment again`);
    }
    session.say(
      results === 0
        ? `no finished experiments yet; an index without entries is ${index}`
        : `${results} experiment${results === 1 ? '' : 's'}: ${index}`,
    );
    session.emit({ experiments: results, damaged, index });
  },
});
