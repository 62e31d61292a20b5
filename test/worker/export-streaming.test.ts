/** Exports of many rows: page by page, each row once, and never a part that looks like the whole. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, fetchWith, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { csvTable } from "../support/csv.ts";
import { fullToken, license, productId } from "../support/management.ts";
import { plantLicenses } from "../support/planted-licenses.ts";
import { problemOf } from "../support/problems.ts";

/** A fresh isolate on a D1 of its own wire. */
async function opened(db: D1Database, path = "/v3/licenses/export"): Promise<Response> {
  const headers = { Authorization: `Bearer ${await fullToken()}` };
  return await fetchWith(bindingsWith({ ROOT_SECRET }, db), path, deploymentOpener(), headers);
}

function idsIn(text: string): readonly (string | undefined)[] {
  return csvTable(text).map(({ id }) => id);
}

interface Statement {
  readonly text: string;
  readonly given: readonly unknown[];
}

/** The real D1, and what is sent to it. */
function listening(): { readonly db: D1Database; readonly sent: readonly Statement[] } {
  const sent: Statement[] = [];
  const heard = (text: string, statement: D1PreparedStatement) =>
    new Proxy(statement, {
      get: (_, method) => {
        if (method !== "bind") return Reflect.get(statement, method, statement) as unknown;
        return (...given: unknown[]) => {
          sent.push({ text, given });
          return statement.bind(...given);
        };
      },
    });
  const db = new Proxy(env.DB, {
    get: (target, name) => {
      if (name !== "prepare") return Reflect.get(target, name, target) as unknown;
      return (text: string) => heard(text, target.prepare(text));
    },
  });
  return { db, sent };
}

describe("ten thousand licenses", () => {
  const COUNT = 10_000;
  let planted: readonly string[] = [];

  beforeAll(async () => {
    planted = await plantLicenses(COUNT);
  });

  it("MGMT-1: come each once, in the order of their creation", async () => {
    const rows = csvTable(await (await opened(env.DB)).text()).map(
      ({ createdAt = "", id = "" }) => `${createdAt} ${id}`,
    );
    expect(rows).toEqual(rows.toSorted());
    expect(new Set(rows).size).toBe(rows.length);
    const ids = new Set(rows.map((row) => row.split(" ")[1]));
    expect(planted.filter((id) => !ids.has(id))).toEqual([]);
  });

  it("MGMT-1: those that live all the while come exactly once, whatever comes and goes meanwhile", async () => {
    const gone = new Set<string>();
    const { body } = await opened(env.DB);
    const reader = (body ?? new ReadableStream<Uint8Array>()).getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (let chunks = 0; ; chunks += 1) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      // Somewhere before and somewhere behind the place that the export has reached.
      const some = planted.filter((id, at) => at % 17 === chunks % 17 && !gone.has(id)).slice(0, 200);
      for (const id of some) gone.add(id);
      await env.DB.prepare("DELETE FROM licenses WHERE id IN (SELECT value FROM json_each(?1))")
        .bind(JSON.stringify(some))
        .run();
      await env.DB.prepare("UPDATE licenses SET updated_at = updated_at + 1, revision = revision + 1").run();
      await license();
    }
    const ids = idsIn(text);
    expect(gone.size).toBeGreaterThan(500);
    expect(new Set(ids).size).toBe(ids.length);
    const found = new Set(ids);
    expect(planted.filter((id) => !gone.has(id) && !found.has(id))).toEqual([]);
    planted = planted.filter((id) => !gone.has(id));
  });

  it("LIM-2: are read page by page, as far as somebody takes them", async () => {
    const { db, calls } = watchedDatabase();
    const answer = await opened(db);
    const before = calls();
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.read();
    const forTwo = calls() - before;
    expect(forTwo).toBeGreaterThan(0);
    expect(forTwo).toBeLessThanOrEqual(2);
    await reader?.cancel();
    expect(calls() - before).toBe(forTwo);
  });

  it("ERR-2: a D1 that fails for good breaks the file off, and what came so far does not look whole", async () => {
    const { db, fail } = watchedDatabase();
    const answer = await opened(db);
    expect(answer.status).toBe(200);
    fail();
    const reader = answer.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    const reading = async () => {
      for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read())
        text += decoder.decode(chunk.value, { stream: true });
    };
    await expect(reading()).rejects.toThrow("the storage did not answer");
    expect(text).toContain("\r\n");
    expect(text.endsWith("\r\n")).toBe(false);
  });

  it("ERR-2: a D1 that fails once does not", async () => {
    const { db, fail, heal } = watchedDatabase();
    const flaky = new Proxy(db, {
      get: (target, name) => {
        heal();
        if (name === "prepare" && failures.pop() === true) fail();
        return Reflect.get(target, name, target) as unknown;
      },
    });
    const failures: boolean[] = [];
    const answer = await opened(flaky);
    failures.push(...[false, true, true, false, true]);
    expect(csvTable(await answer.text()).length).toBeGreaterThanOrEqual(planted.length);
    expect(failures).toEqual([]);
  });

  it("ERR-1: a D1 that does not answer at all is 503, and no file", async () => {
    const { db, fail } = watchedDatabase();
    const failing = new Proxy(db, {
      get: (target, name) => {
        if (name !== "prepare") return Reflect.get(target, name, target) as unknown;
        return (text: string) => {
          if (text.includes("octet_length")) fail();
          return db.prepare(text);
        };
      },
    });
    const answer = await opened(failing);
    await problemOf(answer, 503, "STORAGE_UNAVAILABLE");
  });

  it("MGMT-1: each page is a seek, also with filters", async () => {
    const product = (await license()).productId as string;
    const inOrder = /SEARCH licenses USING INDEX licenses_created_at/;
    for (const [query, seek] of [
      ["", inOrder],
      [`?productId=${product}`, /SEARCH license_facets USING PRIMARY KEY/],
      [`?productId=${product}&createdAt[gte]=2020-01-01T00:00:00Z`, /SEARCH license_facets USING PRIMARY KEY/],
    ] as const) {
      const { db, sent } = listening();
      await (await opened(db, `/v3/licenses/export${query}`)).text();
      const pages = sent.filter(({ text }) => text.includes("octet_length"));
      expect(pages.length).toBeGreaterThan(0);
      for (const { text, given } of pages) {
        const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
          .bind(...given)
          .all<{ detail: string }>();
        const plan = results.map(({ detail }) => detail);
        expect(plan).toContainEqual(expect.stringMatching(seek));
        expect(plan).not.toContainEqual(expect.stringMatching(/SCAN (licenses|license_facets|row)/));
      }
    }
  });
});

it("LIM-2: licenses with much metadata are read in smaller pages", async () => {
  const value = "x".repeat(4_000);
  const metadata = Array.from({ length: 50 }, (_, at) => ({ key: `k${at}`, value }));
  const product = await productId();
  const planted = await plantLicenses(60, { productId: product, metadata });
  const { db, calls } = watchedDatabase();
  const answer = await opened(db, `/v3/licenses/export?productId=${product}`);
  const before = calls();
  expect([...idsIn(await answer.text())].toSorted()).toEqual([...planted].toSorted());
  expect(calls() - before).toBeGreaterThanOrEqual(3);
});
