import { createHash } from 'node:crypto';
import { sortScript } from '@agentmmrec/experiments';
import type { FastifyInstance } from 'fastify';
import type { Reports } from '../workspace/reports.js';
import { securityHeaders } from './guard.js';

const types = {
  html: 'text/html; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  tex: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
} as const;

/** Reports carry their style and one script inside; that script is known by its digest, and no other runs. */
const reportPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(sortScript).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Pages of reports and their other forms, by the names that the list of reports has. */
export function reportRoutes(server: FastifyInstance, reports: Reports): void {
  server.get('/reports/index.html', (_request, reply) => reply.redirect('/reports', 303));
  server.get('/reports/:file', (request, reply) => {
    const { file } = request.params as { file: string };
    const [, id = file, ending = 'html'] = file.match(/^(.*)\.(html|md|csv|tex|json)$/) ?? [];
    const form = ending as keyof typeof types;
    const body = reports.read(id, form);
    return reply
      .headers({ ...securityHeaders, 'content-security-policy': reportPolicy })
      .type(types[form])
      .send(body);
  });
}
