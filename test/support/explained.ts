/** D1 with every statement written down, so that a test has the very ones explained that the product runs. */

import { env } from "cloudflare:workers";

export interface Issued {
  readonly text: string;
  readonly values: readonly unknown[];
}

interface Watched {
  readonly issued: Issued;
  readonly inner: D1PreparedStatement;
}

/** `tell` is called once for each statement that is run. */
export function toldDatabase(tell: (issued: Issued) => void): D1Database {
  const statement = ({ issued, inner }: Watched) => {
    const telling = <T>(run: () => T): T => {
      tell(issued);
      return run();
    };
    return {
      issued,
      inner,
      bind: (...values: unknown[]) => statement({ issued: { ...issued, values }, inner: inner.bind(...values) }),
      all: () => telling(() => inner.all()),
      run: () => telling(() => inner.run()),
      raw: () => telling(() => inner.raw()),
      first: (column: string) => telling(() => (column === undefined ? inner.first() : inner.first(column))),
    };
  };
  const database = {
    prepare: (text: string) => statement({ issued: { text, values: [] }, inner: env.DB.prepare(text) }),
    batch: (statements: readonly Watched[]) => {
      for (const { issued } of statements) tell(issued);
      return env.DB.batch(statements.map(({ inner }) => inner));
    },
    withSession: (): unknown => database,
  };
  return database as unknown as D1Database;
}

/** What SQLite makes of it: a line per loop. */
export async function planOf({ text, values }: Issued): Promise<readonly string[]> {
  const statement = env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`).bind(...values);
  const { results } = await statement.all<{ detail: string }>();
  return results.map(({ detail }) => detail);
}
