import { useAnswer } from '../answers.js';
import { Card, Command, Shown } from '../parts/parts.js';
import { Table } from '../parts/table.js';
import { Heading } from '../router.js';
import { count, moment } from '../words.js';

/** Pages of studies and of the demo, with their other forms. */
export function ReportsPage() {
  const answer = useAnswer('listReports', {});
  return (
    <>
      <Heading title="Reports">
        Pages of finished studies, each with its numbers as Markdown, CSV, LaTeX and JSON.
      </Heading>
      <Shown answer={answer}>
        {({ reports }) =>
          reports.length === 0 ? (
            <div class="note">
              <p>
                <strong>No study is finished yet.</strong> A study of several seeds says whether a difference is more
                than chance.
              </p>
              <Command command="npx agentmmrec experiment comparison --data catalog --reasoner extractive --seeds 999,2026,1" />
            </div>
          ) : (
            <Card flush title={count(reports.length, 'page')}>
              <Table
                label="Reports"
                rows={reports}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Page',
                    words: true,
                    value: ({ title }) => title,
                    cell: ({ id, title }) => (
                      <>
                        <a href={`/reports/${encodeURIComponent(id)}.html`}>{title}</a>
                        <span class="sub">{id}</span>
                      </>
                    ),
                  },
                  {
                    name: 'Also as',
                    words: true,
                    cell: ({ id, forms }) =>
                      forms.map((form) => (
                        <>
                          <a key={form} href={`/reports/${encodeURIComponent(id)}.${form}`}>
                            {form}
                          </a>{' '}
                        </>
                      )),
                  },
                  {
                    name: 'Written',
                    value: ({ writtenAtMs }) => writtenAtMs,
                    cell: ({ writtenAtMs }) => moment(writtenAtMs),
                  },
                ]}
              />
            </Card>
          )
        }
      </Shown>
    </>
  );
}
