import { useEffect } from 'preact/hooks';
import { useAnswer, useServerNews } from './answers.js';
import { ComparePage } from './pages/compare.js';
import { GraphPage } from './pages/graph.js';
import { ItemPage, ItemsPage } from './pages/items.js';
import { KnowledgePage } from './pages/knowledge.js';
import { ReportsPage } from './pages/reports.js';
import { RunPage } from './pages/run.js';
import { RunsPage } from './pages/runs.js';
import { UserPage, UsersPage } from './pages/users.js';
import { Search } from './parts/search.js';
import { followLinks, Heading, usePlace } from './router.js';
import { whole } from './words.js';

const menu = [
  ['/runs', 'Runs'],
  ['/users', 'Users'],
  ['/items', 'Items'],
  ['/graphs', 'Graphs'],
  ['/knowledge', 'Knowledge'],
  ['/reports', 'Reports'],
] as const;

/** The frame of all pages, and the page that the address means. */
export function App() {
  const { path, query } = usePlace();
  const told = useServerNews();
  const status = useAnswer('status', {}).value;
  useEffect(() => {
    document.addEventListener('click', followLinks);
    return () => document.removeEventListener('click', followLinks);
  }, []);
  const jobs = told.jobs ?? [];
  return (
    <>
      <header class="top">
        <div class="top-row">
          <a class="brand" href="/runs">
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <path class="s0" d="M8 22 16 8l8 14M11.5 16h9" fill="none" stroke-width="2.4" stroke-linecap="round" />
              <circle class="f0" cx="16" cy="7" r="3.6" />
              <circle class="f0" cx="7.5" cy="23.5" r="3.6" />
              <circle class="f0" cx="24.5" cy="23.5" r="3.6" />
            </svg>
            AgentMMRec
          </a>
          <nav class="nav" aria-label="Pages">
            {menu.map(([address, name]) => (
              <a key={address} href={address} aria-current={isAt(path, address) ? 'page' : undefined}>
                {name}
              </a>
            ))}
          </nav>
          <Search label="Find a user or an item" isMain />
        </div>
      </header>
      <main>{pageOf(path, query)}</main>
      <footer class="foot">
        {status?.data
          ? `${status.data.name}: ${whole(status.data.users)} users, ${whole(status.data.items)} items, ${whole(status.data.interactions)} training interactions`
          : status && 'no data set yet'}
        {jobs.length > 0 && ` · ${jobs.length} running`}
        {status && ` · ${status.version}`} · <a href="/api/openapi.json">API</a>
      </footer>
    </>
  );
}

function isAt(path: string, address: string): boolean {
  return path.startsWith(address) || (address === '/runs' && (path === '/' || path === '/compare'));
}

function pageOf(path: string, query: URLSearchParams) {
  const [, first = '', second] = path.split('/');
  const id = second === undefined || second === '' ? null : decodeURIComponent(second);
  if (first === '' || first === 'runs') return id === null ? <RunsPage /> : <RunPage id={id} />;
  if (first === 'compare') return <ComparePage runs={query.get('runs') ?? ''} />;
  if (first === 'users') return id === null ? <UsersPage query={query} /> : <UserPage id={id} query={query} />;
  if (first === 'items') return id === null ? <ItemsPage query={query} /> : <ItemPage id={id} />;
  if (first === 'graphs') return <GraphPage query={query} />;
  if (first === 'knowledge') return <KnowledgePage />;
  if (first === 'reports') return <ReportsPage />;
  return <Heading title="No such page">The address leads nowhere; the menu leads on.</Heading>;
}
