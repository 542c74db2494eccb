// DuckDB reads and writes Parquet in bounded memory, prebuilt for the platforms we run on; nothing is loaded over the network.
import type { DuckDBConnection } from '@duckdb/node-api';

/** A database in memory that opens no further files on its own and fetches no extensions. */
export async function openDuckDb(): Promise<{ connection: DuckDBConnection; close(): void }> {
  // Loaded when it is needed: the library is large, and most runs read no Parquet.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: '512MB',
    threads: '2',
    preserve_insertion_order: 'true',
  });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL writes it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
