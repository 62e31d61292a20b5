/** D1 with every statement written down, so that a test has the very ones explained that the product runs. */

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, fetchWith, ROOT_SECRET } from "./bindings.ts";
import { fullToken } from "./management.ts";

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

/** One isolate, which has looked at D1's schema already, and keeps the D1 that it began with. */
const open = deploymentOpener();
let issued: readonly Issued[] = [];
const db = toldDatabase((statement) => (issued = [...issued, statement]));

/** A list, and the statements that found it. */
export async function asked(path: string): Promise<{ readonly answer: Response; readonly issued: readonly Issued[] }> {
  const token = await fullToken();
  issued = [];
  const bindings = bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development" }, db);
  const streamed = await fetchWith(bindings, `/v3${path}`, open, { Authorization: `Bearer ${token}` });
  const answer = new Response(await streamed.arrayBuffer(), streamed);
  expect(issued.length).toBeGreaterThan(0);
  return {
    answer,
    issued: issued.filter(
      ({ text }) => !text.endsWith("LIMIT 0") && /"(licenses|users|activations|license_facets|user_facets)"/.test(text),
    ),
  };
}

/** Those of an order, which stop at a limit and are never sorted. */
const BOUNDED =
  /^SCAN (licenses|users|activations) USING (COVERING )?INDEX (licenses|users|activations)_(created_at|updated_at|expires_at)$/;

/** No loop reads a whole table, but for walks of an index that a limit ends. */
export async function expectSeeks(statement: Issued): Promise<void> {
  const plan = await planOf(statement);
  const scans = plan.filter((line) => /^SCAN (licenses|users|activations|license_facets|user_facets)\b/.test(line));
  for (const scan of scans) {
    expect(scan, statement.text).toMatch(BOUNDED);
    expect(statement.text).toContain("LIMIT");
  }
}

export async function rowsRead({ text, values }: Issued): Promise<number> {
  const statement = env.DB.prepare(text).bind(...values);
  return (await statement.all()).meta.rows_read;
}

/** Of the list's next page. */
export function linkOf(answer: Response): string | undefined {
  return /^<\/v3(.*)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1];
}
