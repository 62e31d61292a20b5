/** Lists of /v3: pages, orders and cursors (MGMT-1). */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { created, listOf, productId, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

/** Creation instants with ties, and ends of which some are void. */
const CREATED = ["2020-01-03", "2020-01-01", "2020-01-02", "2020-01-02", "2020-01-02", "2020-01-05", "2020-01-04"];
const EXPIRES = ["2031-01-01", null, "2030-01-01", null, "2031-01-01", null, "2032-01-01"];

let made: readonly Json[] = [];

beforeAll(async () => {
  const product = await productId();
  const licenses: Json[] = [];
  for (const [at, day] of CREATED.entries()) {
    const end = EXPIRES[at];
    licenses.push(
      await created("/licenses", {
        productId: product,
        createdAt: `${day}T00:00:00Z`,
        ...(end === null ? {} : { expiresAt: `${end}T00:00:00Z` }),
      }),
    );
  }
  made = licenses;
});

/** As SQLite sorts: voids first, ties by id, the whole order turned round by a minus. */
function inOrder(sort: string): readonly unknown[] {
  const member = sort.replace("-", "");
  const sorted = made.toSorted((one, other) => compare(one[member], other[member]) || compare(one.id, other.id));
  return (sort.startsWith("-") ? sorted.toReversed() : sorted).map((license) => license.id);
}

function compare(one: unknown, other: unknown): number {
  const [left, right] = [String(one ?? ""), String(other ?? "")];
  return left < right ? -1 : Number(left > right);
}

const SORTS = ["createdAt", "-createdAt", "updatedAt", "-updatedAt", "expiresAt", "-expiresAt"] as const;

describe("pages", () => {
  it("MGMT-1: a bare array with Pagination headers, by creation, twenty at a time", async () => {
    const answer = await v3("GET", "/licenses");
    expect(answer.headers.get("Pagination-Count")).toBe("7");
    expect(answer.headers.get("Pagination-Page")).toBe("1");
    expect(answer.headers.get("Pagination-Limit")).toBe("20");
    expect(answer.headers.get("Pagination-Count-Capped")).toBeNull();
    expect(answer.headers.get("Link")).toBeNull();
    expect((await listOf(answer)).map((license) => license.id)).toEqual(inOrder("createdAt"));
  });

  it.each(SORTS)(
    "MGMT-1: pages by number and by Link cover the order %s once, voids and ties included",
    async (sort) => {
      for (const limit of [1, 3]) {
        const numbered: unknown[] = [];
        for (let page = 1; page <= Math.ceil(7 / limit); page += 1) {
          const rows = await listOf(await v3("GET", `/licenses?page=${page}&limit=${limit}&sort=${sort}`));
          numbered.push(...rows.map((license) => license.id));
        }
        expect(numbered).toEqual(inOrder(sort));
        expect(await followed(`/licenses?limit=${limit}&sort=${sort}`)).toEqual(inOrder(sort));
      }
    },
  );

  it("MGMT-1: beyond the end there is an empty page", async () => {
    const answer = await v3("GET", "/licenses?page=9&limit=5");
    expect(answer.headers.get("Pagination-Page")).toBe("9");
    expect(await listOf(answer)).toEqual([]);
  });

  it("MGMT-1: out of range, unknown and contradicting parameters are 400 at that parameter", async () => {
    const next = new URL(linkOf(await v3("GET", "/licenses?limit=1")) ?? "", "http://leasehold.test").searchParams.get(
      "cursor",
    );
    const cases: readonly (readonly [string, string])[] = [
      ["limit=0", "/limit"],
      ["limit=101", "/limit"],
      ["limit=1e2", "/limit"],
      ["limit=-1", "/limit"],
      ["page=0", "/page"],
      ["page=x", "/page"],
      ["page=101&limit=100", "/page"],
      ["sort=key", "/sort"],
      ["sort=--createdAt", "/sort"],
      ["colour=abc", "/colour"],
      ["productId[eq]=abc", "/productId[eq]"],
      ["page=1&page=2", "/page"],
      ["cursor=", "/cursor"],
      ["cursor=x", "/cursor"],
      [`cursor=${btoa('["createdAt",{},"x"]')}`, "/cursor"],
      [`cursor=${next}&sort=updatedAt`, "/cursor"],
      [`cursor=${next}&page=2`, "/page"],
    ];
    for (const [query, pointer] of cases) {
      const problem = await problemOf(await v3("GET", `/licenses?${query}`), 400, "INVALID_REQUEST");
      expect([query, pointersOf(problem)]).toEqual([query, [pointer]]);
    }
    expect((await v3("GET", "/licenses?page=100&limit=100")).status).toBe(200);
  });

  it("MGMT-1: products and access tokens are listed alike", async () => {
    for (const name of ["b", "a", "c"]) {
      await created("/products", { name });
      await created("/personal-access-tokens", { name, scopes: ["tag:read"] });
    }
    for (const path of ["/products", "/personal-access-tokens"]) {
      const ids = await followed(`${path}?limit=2&sort=-name`);
      const rows = await listOf(await v3("GET", `${path}?limit=100&sort=-name`));
      expect(ids).toEqual(rows.map((row) => row.id));
      const names = rows.map((row) => String(row.name));
      expect(names).toEqual(names.toSorted().toReversed());
    }
  });

  it("MGMT-1: the longest names that there are lead on to the next page", async () => {
    for (const letter of ["🂡", "\u0001"]) {
      for (const end of ["a", "b"]) await created("/tags", { name: `${letter.repeat(200)}${end}` });
    }
    expect(await followed("/tags?limit=1&sort=name")).toHaveLength(4);
  });

  it("MGMT-1: the count is exact to 10,000 and says so beyond", async () => {
    const fill = (from: number, to: number) =>
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO products (id, name, display_name, description, legal_notice, copyright, provider_url, provider_email,
                               token_algorithm, metadata, created_at, updated_at)
         SELECT 'p' || i, 'n', '', '', '', '', '', '', 'ES256', '[]', 0, 0 FROM n`,
      )
        .bind(from, to)
        .run();
    const there = Number(await env.DB.prepare("SELECT count(*) AS n FROM products").first("n"));
    await fill(1, 10_000 - there);
    const exact = await v3("GET", "/products?limit=1");
    expect([exact.headers.get("Pagination-Count"), exact.headers.get("Pagination-Count-Capped")]).toEqual([
      "10000",
      null,
    ]);
    await fill(20_000, 20_005);
    const capped = await v3("GET", "/products?limit=1");
    expect([capped.headers.get("Pagination-Count"), capped.headers.get("Pagination-Count-Capped")]).toEqual([
      "10000",
      "true",
    ]);
  });
});

function linkOf(answer: Response): string | undefined {
  return /^<\/v3(.*)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1];
}

/** The ids of all pages from `path` on, by `Link`. */
async function followed(path: string): Promise<readonly unknown[]> {
  const ids: unknown[] = [];
  let next: string | undefined = path;
  while (next !== undefined) {
    const answer: Response = await v3("GET", next);
    ids.push(...(await listOf(answer)).map((row) => row.id));
    next = linkOf(answer);
  }
  return ids;
}
