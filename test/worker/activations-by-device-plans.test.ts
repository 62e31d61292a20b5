/** How SQLite finds activations by device and host among 12,000 (MGMT-1): plans, rows read, what is refused. */

import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { asked, expectSeeks, linkOf, rowsRead } from "../support/explained.ts";
import { listOf } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const ROWS = 12_000;
const DAY = Date.UTC(2026, 0, 1);
const PRODUCT = "0199f6a0-0000-7000-8000-00000000000a";
const DEVICE = "a".repeat(32);
const RARE = "b".repeat(32);
const LICENSE = "00000000-0000-8000-8000-000000000007";

/** Row i, born on minute i: each 100th of the rare device, and called `rare-0`, `rare-100` or `rare-200`. */
beforeAll(async () => {
  const isRare = "i % 100 = 0";
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
     INSERT INTO activations (id, license_id, product_id, created_at, updated_at, contact_at, device, host, facts)
     SELECT '00000000-0000-8000-9000-' || printf('%012x', i), '00000000-0000-8000-8000-' || printf('%012x', i % 20 + 1),
       '${PRODUCT}', ${DAY} + 60000 * i, 0, 0, unhex(CASE WHEN ${isRare} THEN '${RARE}' ELSE '${DEVICE}' END),
       CASE WHEN ${isRare} THEN 'rare-' || (i % 300) ELSE 'localhost' END,
       json_object('shown', json_object('releaseVersion', CAST(i AS TEXT))) FROM n`,
  ).run();
});

const iso = (minute: number) => new Date(DAY + 60_000 * minute).toISOString();

async function rowsOf(answer: Response): Promise<readonly number[]> {
  return (await listOf(answer)).map(({ releaseVersion }) => Number(releaseVersion));
}

it.each<[string, (i: number) => boolean]>([
  [`device=${DEVICE}`, (i) => i % 100 > 0],
  [`device=${RARE}`, (i) => i % 100 === 0],
  [`device=${RARE}&device=${DEVICE}`, () => true],
  [`device=${RARE}&releaseVersion[ew]=500`, (i) => i % 1000 === 500],
  [`device=${DEVICE}&createdAt[lt]=${iso(50)}`, (i) => i < 50],
  [`device=${DEVICE}&licenseId=${LICENSE}`, (i) => i % 20 === 6],
  [`device=${DEVICE}&productId=${PRODUCT}`, (i) => i % 100 > 0],
  ["hostname=LOCALHOST", (i) => i % 100 > 0],
  ["hostname=rare-100", (i) => i % 300 === 100],
  [`hostname=rare-100&hostname=localhost&createdAt[lte]=${iso(250)}`, (i) => i <= 250 && i !== 200],
  ["hostname[sw]=Rare-", (i) => i % 100 === 0],
  ["hostname[sw]=rare-1&hostname[sw]=rare-", (i) => i % 100 === 0],
  ["hostname[sw]=rare-2&releaseVersion[sw]=2", (i) => i % 300 === 200 && String(i).startsWith("2")],
  ["hostname[sw]=local", (i) => i % 100 > 0],
  [`hostname=localhost&device=${RARE}`, () => false],
])("MGMT-1: ?%s is found by an index, in both orders, page by page", async (query, isFound) => {
  const wanted = Array.from({ length: ROWS }, (_, at) => at + 1).filter(isFound);
  for (const sort of ["createdAt", "-createdAt"]) {
    const expected = sort === "createdAt" ? wanted : wanted.toReversed();
    const first = await asked(`/activations?${query}&sort=${sort}&limit=7`);
    expect(await rowsOf(first.answer)).toEqual(expected.slice(0, 7));
    const total = first.answer.headers.get("Pagination-Count");
    if (total === null) expect(wanted.length).toBeGreaterThan(10_000);
    else expect(Number(total)).toBe(Math.min(wanted.length, 10_000));
    const second = await asked(linkOf(first.answer) ?? `/activations?${query}&sort=${sort}&limit=7&page=2`);
    expect(await rowsOf(second.answer)).toEqual(expected.slice(7, 14));
    for (const statement of [...first.issued, ...second.issued]) await expectSeeks(statement);
  }
});

it.each([
  `device=${DEVICE}`,
  `device=${DEVICE}&createdAt[gt]=${iso(100)}`,
  `device=${DEVICE}&device=${RARE}`,
  "hostname=localhost",
  `hostname=localhost&createdAt[lt]=${iso(11_000)}`,
  "hostname=localhost&hostname=rare-100",
])("MGMT-1: ?%s reads no more rows than its page has, but to count", async (query) => {
  for (const sort of ["createdAt", "-createdAt"]) {
    const first = await asked(`/activations?${query}&sort=${sort}&limit=5`);
    const second = await asked(linkOf(first.answer) ?? "");
    expect(await listOf(second.answer)).toHaveLength(5);
    for (const statement of [...first.issued, ...second.issued].filter(({ text }) => !text.includes("count(*)")))
      expect(await rowsRead(statement), statement.text).toBeLessThan(60);
  }
});

it.each([
  "hostname[ew]=host",
  "hostname[nc]=rare",
  "hostname=",
  "hostname=&hostname=localhost",
  `device[ne]=${DEVICE}`,
  "device=",
])("MGMT-1: ?%s has no index, and 12,000 rows to look at: 400", async (query) => {
  const { answer, issued } = await asked(`/activations?${query}`);
  const problem = await problemOf(answer, 400, "INVALID_REQUEST");
  expect(pointersOf(problem)).toEqual([`/${query.split("=")[0]}`]);
  expect(problem.detail).toContain("narrower");
  for (const statement of issued) await expectSeeks(statement);
});
