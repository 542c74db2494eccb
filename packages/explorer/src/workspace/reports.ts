import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { notThere } from '../refusals.js';
import { FileCache } from './fileCache.js';

/** A page of `reports/` in one line. */
export interface ReportSummary {
  /** the file's name without its ending */
  readonly id: string;
  readonly title: string;
  /** endings of its other forms: `md`, `csv`, `tex`, `json` */
  readonly forms: readonly string[];
  /** milliseconds since 1970 */
  readonly writtenAtMs: number;
}

/** Endings that are handed out. */
const FORMS = ['md', 'csv', 'tex', 'json'] as const;

/** The pages of a workspace. */
export class Reports {
  private readonly folder: string;
  private readonly titles = new FileCache<string>();

  constructor(workspace: string) {
    this.folder = join(workspace, 'reports');
  }

  /** Every page, the newest first; the index of pages is this list. */
  list(): ReportSummary[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    return names
      .filter((name) => name.endsWith('.html') && name !== 'index.html')
      .map((name) => {
        const id = name.slice(0, -'.html'.length);
        const path = join(this.folder, name);
        const title = this.titles.of(id, [path], () => titleOf(readFileSync(path, 'utf8')) ?? id);
        const forms = FORMS.filter((ending) => names.includes(`${id}.${ending}`));
        return { id, title, forms, writtenAtMs: statSync(path).mtimeMs };
      })
      .sort((a, b) => b.writtenAtMs - a.writtenAtMs || (a.id < b.id ? -1 : 1));
  }

  /** The content of a page or of one of its forms. @throws NotThere */
  read(id: string, form: 'html' | (typeof FORMS)[number]): string {
    const reports = this.list();
    const report = reports.find((one) => one.id === id && (form === 'html' || one.forms.includes(form)));
    if (report) return readFileSync(join(this.folder, `${report.id}.${form}`), 'utf8');
    throw notThere(
      'report',
      `${id}.${form}`,
      reports.map((one) => `${one.id}.html`),
      'pages are made by agentmmrec experiment and agentmmrec report',
    );
  }
}

/** The text of the title element; the few escapes of our own pages are undone. */
function titleOf(html: string): string | null {
  const found = html.match(/<title>([^<]*)<\/title>/)?.[1];
  if (found === undefined) return null;
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" } as const;
  return found.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: keyof typeof named) => named[name]);
}
