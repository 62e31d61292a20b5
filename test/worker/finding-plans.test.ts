/** Finding in tables of more than 10,000 rows (MGMT-1): which statements run, how SQLite runs them, what is refused. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { licenseOf } from "../support/license-fixture.ts";
import { asked, expectSeeks, linkOf, rowsRead } from "../support/explained.ts";
import { listOf, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const ROWS = 12_000;
const DAY = Date.UTC(2026, 0, 1);
const PRODUCT = "0199f6a0-0000-7000-8000-00000000000a";
const RARE = "0199f6a0-0000-7000-8000-00000000000b";
const TAG = "0199f6a0-0000-7000-8000-00000000000c";

/** Row i: each 100th of the rare product, each 10th not revoked, of user i % 20 + 1, ending on minute i. */
beforeAll(async () => {
  const terms = JSON.stringify(licenseOf({}, "0".repeat(15), "x").terms);
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})`;
  const id = "'00000000-0000-8000-8000-' || printf('%012x', i)";
  const user = (i: string) => `'0199f6a0-0000-7000-9000-' || printf('%012x', ${i})`;
  const at = `${DAY} + 60000 * i`;
  const product = `CASE WHEN i % 100 = 0 THEN '${RARE}' ELSE '${PRODUCT}' END`;
  const bytes = (uuid: string) => `unhex(${uuid}, '-')`;
  const facets = [
    `1, ${bytes(product)}`,
    "3, 0",
    "4, i % 10 > 0",
    "10, 'key'",
    "10, 'key-' || i",
    "10, CAST(i AS TEXT)",
    "8, 'order' || char(31) || i",
    "9, CAST(i AS TEXT)",
  ];
  await env.DB.batch([
    env.DB.prepare(
      `${numbers} INSERT INTO licenses (id, key, product_id, user_id, fence, revision, terms, expires_at, created_at, updated_at, folded)
       SELECT ${id}, 'KEY-' || i, ${product}, ${user("(i % 20 + 1)")}, 0, 1,
         json_set(?1, '$.productId', ${product}, '$.end', json('{"anchorAt":0,"months":0}'), '$.revoked', json(CASE WHEN i % 10 > 0 THEN 'true' ELSE 'false' END),
           '$.tags', json(CASE WHEN i % 300 = 0 THEN '[{"id":"${TAG}","name":"vip"}]' ELSE '[]' END),
           '$.metadata', json('[{"id":"m","key":"Order","viewPermissions":[],"createdAt":0,"updatedAt":0,"value":"' || i || '"}]')),
         ${at}, ${at}, ${at},
         json_array(json_array(10, 'key'), json_array(10, 'key-' || i), json_array(10, CAST(i AS TEXT))) FROM n`,
    ).bind(terms),
    env.DB.prepare(`${numbers} INSERT INTO license_keys SELECT 'KEY-' || i, ${id} FROM n`),
    ...facets.map((facet) =>
      env.DB.prepare(
        `${numbers} INSERT INTO license_facets (facet, value, created_at, license_id) SELECT ${facet}, ${at}, ${bytes(id)} FROM n`,
      ),
    ),
    env.DB.prepare(
      `${numbers} INSERT INTO license_facets (facet, value, created_at, license_id) SELECT 6, unhex('${TAG}', '-'), ${at}, ${bytes(id)} FROM n WHERE i % 300 = 0`,
    ),
    env.DB.prepare(
      `${numbers} INSERT INTO activations (id, license_id, product_id, created_at, updated_at, contact_at, facts)
       SELECT '00000000-0000-8000-9000-' || printf('%012x', i), '00000000-0000-8000-8000-' || printf('%012x', i % 20 + 1), ${product}, ${at}, ${at}, ${at},
         json_object('shown', json_object('releaseVersion', CAST(i AS TEXT))) FROM n`,
    ),
    env.DB.prepare("INSERT INTO tags (id, name, created_at, updated_at) VALUES (?1, 'vip', 0, 0)").bind(TAG),
    env.DB.prepare(
      `${numbers} INSERT INTO users (id, email, email_folded, email_lower, metadata, revision, created_at, updated_at, folded)
       SELECT ${user("i")}, 'U' || i || '@example.test', 'u' || i || '@example.test', 'u' || i || '@example.test', '[]', 1, ${at}, ${at}, json_array(json_array(10, 'u' || i)) FROM n`,
    ),
    env.DB.prepare(
      `${numbers} INSERT INTO user_facets (facet, value, created_at, user_id) SELECT 10, 'u' || i, ${at}, ${bytes(user("i"))} FROM n`,
    ),
  ]);
});

const iso = (minute: number) => new Date(DAY + 60_000 * minute).toISOString();

/** Filters that an index knows, with what they find. */
const SOUGHT: readonly (readonly [string, (i: number) => boolean])[] = [
  ["", () => true],
  ["key=KEY-77", (i) => i === 77],
  ["key[in][]=KEY-77&key[in][]=KEY-78&key[in][]=none", (i) => i === 77 || i === 78],
  ["key[sw]=key-119", (i) => String(i).startsWith("119")],
  ["user.email=u7@EXAMPLE.test", (i) => i % 20 === 6],
  ["user.email=u7@example.test&user.email=u8@example.test", (i) => i % 20 === 6 || i % 20 === 7],
  ["user.email[sw]=u1", (i) => i % 20 === 0 || (i % 20 >= 9 && i % 20 < 19)],
  [`userId=0199f6a0-0000-7000-9000-000000000007`, (i) => i % 20 === 6],
  [`productId=${PRODUCT}`, (i) => i % 100 !== 0],
  [`productId=${RARE}`, (i) => i % 100 === 0],
  [`productId=${RARE}&productId=${PRODUCT}`, () => true],
  ["metadata.key=Order&metadata.value=77", (i) => i === 77],
  ["metadata.value[sw]=119", (i) => String(i).startsWith("119")],
  [`expiresAt[lt]=${iso(400)}`, (i) => i < 400],
  [`expiresAt[lt]=${iso(11_500)}&expiresAt[gte]=${iso(11_000)}`, (i) => i >= 11_000 && i < 11_500],
  ["expired=true", () => true],
  ["revoked=true", (i) => i % 10 > 0],
  ["revoked[ne]=true", (i) => i % 10 === 0],
  [`revoked=true&productId=${PRODUCT}`, (i) => i % 10 > 0],
  [`perpetual=false&productId=${PRODUCT}`, (i) => i % 100 !== 0],
  ["tag=vip", (i) => i % 300 === 0],
  ["search=119", (i) => String(i).startsWith("119")],
  ["search=key 77", (i) => String(i).startsWith("77")],
  [`createdAt[gt]=${iso(100)}&createdAt[lte]=${iso(200)}`, (i) => i > 100 && i <= 200],
  [`createdAt[gte]=${iso(50)}`, (i) => i >= 50],
  [`updatedAt[lt]=${iso(50)}`, (i) => i < 50],
  [`productId=${PRODUCT}&createdAt[gt]=${iso(11_000)}`, (i) => i % 100 !== 0 && i > 11_000],
  [`productId=${PRODUCT}&notes[cn]=x&createdAt[gt]=${iso(11_900)}`, () => false],
  [`productId=${RARE}&key[ew]=00`, (i) => i % 100 === 0],
];

const SORTS = ["createdAt", "-createdAt", "updatedAt", "-updatedAt", "expiresAt", "-expiresAt"];

describe("licenses", () => {
  it.each(SOUGHT)("MGMT-1: ?%s is found by an index, in every order", async (query, isFound) => {
    const wanted = Array.from({ length: ROWS }, (_, at) => at + 1).filter(isFound);
    for (const sort of SORTS) {
      const numbers = sort.startsWith("-") ? wanted.toReversed() : wanted;
      const first = await asked(`/licenses?${query}&sort=${sort}&limit=7`);
      expect([sort, keysOf(await listOf(first.answer))]).toEqual([sort, numbers.slice(0, 7)]);
      const total = first.answer.headers.get("Pagination-Count");
      if (total !== null) expect(Number(total)).toBe(Math.min(wanted.length, 10_000));
      else expect(wanted.length).toBeGreaterThan(5000);
      const second = await asked(linkOf(first.answer) ?? `/licenses?${query}&sort=${sort}&limit=7&page=2`);
      expect([sort, keysOf(await listOf(second.answer))]).toEqual([sort, numbers.slice(7, 14)]);
      const third = await asked(`/licenses?${query}&sort=${sort}&limit=7&page=3`);
      expect([sort, keysOf(await listOf(third.answer))]).toEqual([sort, numbers.slice(14, 21)]);
      for (const statement of [...first.issued, ...second.issued, ...third.issued]) await expectSeeks(statement);
    }
  });

  it.each([
    ["notes=x", "/notes"],
    ["notes[cn]=x", "/notes[cn]"],
    ["key[ew]=7", "/key[ew]"],
    ["key[ne]=KEY-7", "/key[ne]"],
    [`productId=${PRODUCT}&key[nc]=7`, "/key[nc]"],
    [`productId[nin][]=${PRODUCT}`, "/productId[nin][]"],
    ["totalActivations[gt]=7", "/totalActivations[gt]"],
    [`effectiveDate[gt]=${iso(0)}`, "/effectiveDate[gt]"],
    ["metadata.key[cn]=x", "/metadata.key[cn]"],
    [`revoked=true&userId[ne]=0199f6a0-0000-7000-9000-000000000007&expired=true`, "/userId[ne]"],
  ])("MGMT-1: ?%s narrows more than 10,000 rows: 400 asks for a narrower filter", async (query, pointer) => {
    const { answer, issued } = await asked(`/licenses?${query}`);
    const problem = await problemOf(answer, 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual([pointer]);
    expect(problem.detail).toContain("narrower");
    for (const statement of issued) await expectSeeks(statement);
  });

  it("MGMT-1: a walk of 10,000 rows that fills no page asks for a narrower filter", async () => {
    await env.DB.prepare("UPDATE license_facets SET value = value + 8 WHERE facet = 4 AND license_id > unhex(?1, '-')")
      .bind(`00000000-0000-8000-8000-${(10).toString(16).padStart(12, "0")}`)
      .run();
    await env.DB.prepare("UPDATE licenses SET terms = json_set(terms, '$.suspended', json('true')) WHERE id > ?1")
      .bind(`00000000-0000-8000-8000-${(11_500).toString(16).padStart(12, "0")}`)
      .run();
    const problem = await problemOf(
      (await asked(`/licenses?suspended=true&productId=${PRODUCT}`)).answer,
      400,
      "INVALID_REQUEST",
    );
    expect(pointersOf(problem)).toEqual(["/suspended"]);
    const backwards = await asked(`/licenses?suspended=true&productId=${PRODUCT}&sort=-createdAt&limit=3`);
    expect(keysOf(await listOf(backwards.answer))).toEqual([11_999, 11_998, 11_997]);
  });

  it.each([
    `revoked=true&productId=${PRODUCT}`,
    `revoked=true&productId=${PRODUCT}&sort=-updatedAt`,
    "revoked=true",
    `productId=${PRODUCT}&createdAt[gt]=${iso(100)}`,
    `createdAt[gt]=${iso(100)}&sort=-createdAt`,
    "expired=true&sort=expiresAt",
    "",
  ])("MGMT-1: ?%s reads no more rows than its page has, but to count", async (query) => {
    const { issued } = await asked(`/licenses?${query}&limit=5`);
    for (const statement of issued.filter(({ text }) => !/count\(\*\)|OFFSET \?$/.test(text)))
      expect(await rowsRead(statement), statement.text).toBeLessThan(60);
  });

  it.each([
    [`productId=${RARE}`, 120],
    [`productId=${RARE}&productId=${RARE.toUpperCase()}`, 120],
    [`productId=${RARE}&createdAt[gt]=${iso(11_000)}`, 10],
  ])("MGMT-1: the file of ?%s goes through no other product's licenses", async (query, count) => {
    const { answer, issued } = await asked(`/licenses/export?${query}`);
    expect((await answer.text()).trim().split("\r\n")).toHaveLength(1 + count);
    for (const statement of issued) {
      await expectSeeks(statement);
      expect(await rowsRead(statement), statement.text).toBeLessThan(1000);
    }
  });

  it.each([
    ["key=KEY-7&activation.countryCode=", 1],
    [`productId=${RARE}&activation.lastSyncedAt[gte]=${iso(0)}`, 0],
    [`createdAt[lt]=${iso(15)}&activation.lastSyncedAt[lt]=${iso(5)}`, 4],
  ])("MGMT-1: ?%s looks at the activations of what leads", async (query, count) => {
    for (const sort of SORTS) {
      const { answer, issued } = await asked(`/licenses?${query}&sort=${sort}`);
      expect([sort, (await listOf(answer)).length]).toEqual([sort, count]);
      for (const statement of issued) await expectSeeks(statement);
    }
  });

  it.each([
    ["licenses", "activation.countryCode=DE"],
    ["licenses", `${Array.from({ length: 18 }, (_, at) => `key=KEY-${at + 1}`).join("&")}&activation.countryCode=DE`],
    ["licenses", `createdAt[lt]=${iso(100)}&activation.countryCode=DE`],
    ["users", "email[sw]=u1&activation.appVersion=7"],
  ])("MGMT-1: %s ?%s has more than 10,000 activations to go through: 400", async (list, query) => {
    const { answer, issued } = await asked(`/${list}?${query}`);
    const problem = await problemOf(answer, 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual([`/${query.split("&").at(-1)?.split("=")[0]}`]);
    for (const statement of issued) await expectSeeks(statement);
    for (const statement of issued) expect(await rowsRead(statement)).toBeLessThan(100_000);
  });

  it.each([
    ["revoked=true", (i: number) => i % 10 > 0],
    [`revoked=true&productId=${PRODUCT}`, (i: number) => i % 10 > 0],
    [`userId=0199f6a0-0000-7000-9000-000000000007&key[nc]=7`, (i: number) => i % 20 === 6 && !String(i).includes("7")],
  ] as const)("MGMT-1: the file of ?%s has all of them, page by page", async (query, isFound) => {
    const wanted = Array.from({ length: ROWS }, (_, at) => at + 1).filter(isFound);
    const { answer, issued } = await asked(`/licenses/export?${query}`);
    const lines = (await answer.text()).trim().split("\r\n").slice(1);
    expect(lines.map((line) => Number(/KEY-(\d+)/.exec(line)?.[1]))).toEqual(wanted);
    for (const statement of issued) await expectSeeks(statement);
  });

  it("MGMT-1: a file that no index narrows enough is the list's 400", async () => {
    const refused = async (path: string) =>
      (await problemOf((await asked(path)).answer, 400, "INVALID_REQUEST")).errors;
    for (const query of ["notes=x", `productId=${PRODUCT}&key[nc]=7`])
      expect(await refused(`/licenses/export?${query}`)).toEqual(await refused(`/licenses?${query}`));
  });

  it("LIM-2: pages by number of several values are as deep as their rows together allow", async () => {
    const others = Array.from({ length: 4 }, () => `&productId=${crypto.randomUUID()}`).join("");
    const query = `/licenses?productId=${PRODUCT}&productId=${RARE}${others}&limit=100`;
    expect((await v3("GET", `${query}&page=16`)).status).toBe(200);
    expect(pointersOf(await problemOf(await v3("GET", `${query}&page=17`), 400, "INVALID_REQUEST"))).toEqual(["/page"]);
  });
});

describe("users", () => {
  it.each([
    ["email=U77@example.test", 1],
    ["email[sw]=u119", 111],
    ["search=u119", 111],
    [`productId=${RARE}`, 1],
    [`createdAt[lt]=${iso(50)}`, 49],
    ["role=user", 10_000],
    ["email=u7@example.test&activation.appVersion[sw]=1", 1],
  ])("MGMT-1: ?%s is found by an index, in every order", async (query, count) => {
    for (const sort of ["createdAt", "-createdAt", "updatedAt", "-updatedAt"]) {
      const { answer, issued } = await asked(`/users?${query}&sort=${sort}`);
      expect((await listOf(answer)).length).toBe(Math.min(count, 20));
      expect(answer.headers.get("Pagination-Count")).toBe(String(count));
      for (const statement of issued) await expectSeeks(statement);
    }
  });

  it("MGMT-1: users of a product with more licenses than can be gone through are walked", async () => {
    const { answer, issued } = await asked(`/users?productId=${PRODUCT}&limit=5`);
    expect((await listOf(answer)).length).toBe(5);
    for (const statement of issued) await expectSeeks(statement);
  });
});

describe("activations", () => {
  it.each([
    ["", 10_000],
    ["id=00000000-0000-8000-9000-00000000004d", 1],
    ["licenseId=00000000-0000-8000-8000-000000000007", 600],
    ["licenseId=00000000-0000-8000-8000-000000000007&licenseId=00000000-0000-8000-8000-000000000008", 1200],
    ["license.key=KEY-7", 600],
    ["license.key=KEY-7&license.key=KEY-8", 1200],
    [`productId=${RARE}`, 120],
    [`productId=${PRODUCT}`, 10_000],
    ["userId=0199f6a0-0000-7000-9000-000000000007", 600],
    ["search=u7", 600],
    [`createdAt[lt]=${iso(50)}`, 49],
    ["licenseId=00000000-0000-8000-8000-000000000007&releaseVersion=6", 1],
    [`productId=${RARE}&lastSyncedAt[lt]=${iso(500)}`, 4],
  ])("MGMT-1: ?%s is found by an index, in every order", async (query, count) => {
    for (const sort of ["createdAt", "-createdAt"]) {
      const { answer, issued } = await asked(`/activations?${query}&sort=${sort}`);
      expect((await listOf(answer)).length).toBe(Math.min(count, 20));
      expect(answer.headers.get("Pagination-Count")).toBe(String(count));
      for (const statement of issued) await expectSeeks(statement);
    }
  });

  it.each(["releaseVersion=1", `lastSyncedAt[lt]=${iso(1)}`, `productId=${PRODUCT}&updatedAt[lt]=${iso(1)}`])(
    "MGMT-1: ?%s would look at all of them: 400",
    async (query) => {
      const problem = await problemOf((await asked(`/activations?${query}`)).answer, 400, "INVALID_REQUEST");
      expect(pointersOf(problem)).toEqual([`/${query.split("&").at(-1)?.split("=")[0]}`]);
    },
  );
});

function keysOf(rows: readonly Record<string, unknown>[]): readonly number[] {
  return rows.map(({ key }) => Number(String(key).slice(4)));
}
