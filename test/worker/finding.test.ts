/** Finding licenses (MGMT-1): every filter, operator and order against an oracle, over pages by number and by Link. */

import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fulfils, hasItem, hasWords, OPERATORS, sorted, type Asked, type Read } from "../support/finding.ts";
import { created, listOf, productId, v3, type Json } from "../support/management.ts";

const LICENSES = 200;
const SORTS = ["createdAt", "-createdAt", "updatedAt", "-updatedAt", "expiresAt", "-expiresAt"] as const;

let all: readonly Json[] = [];

const read = (kind: Read["kind"], member: string, isVoidable = false): Read => ({
  kind,
  isVoidable,
  value: (resource) => resource[member],
});

const ofUser = (kind: Read["kind"], member: string): Read => ({
  kind,
  isVoidable: false,
  value: ({ user }) => (user as Json | null)?.[member],
});

const MEMBERS: Readonly<Record<string, Read>> = {
  id: read("exact", "id"),
  productId: read("exact", "productId"),
  userId: { kind: "exact", isVoidable: true, value: ({ user }) => (user as Json | null)?.id },
  "user.email": ofUser("e-mail", "email"),
  "user.company": { ...ofUser("text", "company"), isVoidable: false },
  type: read("exact", "type"),
  revoked: read("exact", "revoked"),
  suspended: read("exact", "suspended"),
  perpetual: read("exact", "perpetual"),
  expirationStrategy: read("exact", "expirationStrategy"),
  subscriptionStartTrigger: read("exact", "subscriptionStartTrigger", true),
  subscriptionInterval: read("text", "subscriptionInterval", true),
  validity: read("number", "validity"),
  allowedActivations: read("number", "allowedActivations"),
  allowedDeactivations: read("number", "allowedDeactivations"),
  totalActivations: read("number", "totalActivations"),
  notes: read("text", "notes", true),
  externalReference: read("text", "externalReference", true),
  key: read("text", "key"),
  createdAt: read("instant", "createdAt"),
  updatedAt: read("instant", "updatedAt"),
  expiresAt: read("instant", "expiresAt", true),
  expired: {
    kind: "exact",
    isVoidable: false,
    value: ({ expiresAt }) => expiresAt !== null && Date.parse(String(expiresAt)) <= Date.now(),
  },
  allowVmActivation: read("exact", "allowVmActivation"),
  userLocked: read("exact", "userLocked"),
  organizationId: read("exact", "organizationId", true),
};

const TEXTS = ["Alpha", "alpha", "ALPHA beta", "Straße", "a,b", "50%", "_x'", "İstanbul", "中文 key"];

beforeAll(async () => {
  const products = [await productId(), await productId(), await productId()];
  const users: Json[] = [];
  for (const [at, company] of ["Acme", "ACME Ltd", "Ärzte", "", null].entries())
    users.push(
      await created("/users", { email: `User${at}@Example.test`, firstName: "Zoë", lastName: `L${at}`, company }),
    );
  const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
  const license = fc.record({
    productId: some(...products),
    userId: some(null, ...users.map(({ id }) => id)),
    type: some("node-locked", "hosted-floating", "on-premise-floating"),
    revoked: some(false, false, true),
    suspended: fc.boolean(),
    allowedActivations: some(1, 5, 0),
    notes: some(null, "", ...TEXTS),
    createdAt: some("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2021-01-01T00:00:00.001Z", null),
    metadata: fc.uniqueArray(fc.record({ key: some("order", "Order", "plan"), value: some("", ...TEXTS) }), {
      selector: ({ key }) => key,
    }),
    period: some(
      {},
      { validity: 3600 },
      { subscriptionInterval: "P1M" },
      { subscriptionInterval: "P50Y", subscriptionStartTrigger: "activation" },
      { expiresAt: "2090-01-01T00:00:00Z" },
      { expiresAt: "2031-01-01T00:00:00Z" },
    ),
  });
  const wanted = fc.sample(license, { numRuns: LICENSES, seed: 15 });
  for (const [at, { period, ...members }] of wanted.entries()) {
    const own = at % 3 === 0 ? { key: `Own-Key ${at}` } : {};
    const reference = at % 4 === 0 ? { externalReference: `Line-${at}` } : {};
    await created("/licenses", { ...members, ...period, ...own, ...reference });
  }
  all = await followed("/licenses?limit=100");
});

const filter: fc.Arbitrary<Asked> = fc
  .constantFrom(...Object.entries(MEMBERS))
  .chain(([member, { kind, isVoidable, value }]) =>
    fc.constantFrom(...OPERATORS[kind]).chain((operator) =>
      fc.array(fc.nat(), { minLength: 1, maxLength: /^[gl]te?$/.test(operator) ? 1 : 3 }).map((places) => ({
        member,
        operator,
        values: places.map((place) => valueAt(place, operator, isVoidable, value)),
      })),
    ),
  );

/** One that a license has, or a part of it: lazily, since there are none yet when tests are made. */
function valueAt(place: number, operator: string, isVoidable: boolean, value: Read["value"]): string {
  const found = all.map(value).filter((one) => one !== null && one !== undefined && one !== "");
  const text = String(found[place % Math.max(1, found.length)] ?? "");
  const letters = [...text];
  if (operator === "sw") return letters.slice(0, 1 + (place % 4)).join("");
  if (operator === "ew") return letters.slice(-1 - (place % 4)).join("");
  if (operator === "cn" || operator === "nc") return letters.slice(place % 3, 3 + (place % 5)).join("");
  return isVoidable && place % 5 === 0 && !/^[gl]te?$/.test(operator) ? "" : text;
}

const metadataFilter: fc.Arbitrary<Asked> = fc.record({
  member: fc.constantFrom("metadata.key", "metadata.value"),
  operator: fc.constantFrom(...OPERATORS.text),
  values: fc.array(
    fc.constantFrom("order", "Order", "plan", "none", "a", ...TEXTS.filter((text) => !/[İ]/.test(text))),
    {
      minLength: 1,
      maxLength: 2,
    },
  ),
});

describe("two hundred licenses of all kinds", () => {
  it("MGMT-1: every member with every operator finds what it says, in every order", async () => {
    for (const [member, { kind, isVoidable, value }] of Object.entries(MEMBERS)) {
      for (const [at, operator] of OPERATORS[kind].entries()) {
        const values = [valueAt(7 * at + 3, operator, isVoidable, value)];
        if (values[0] === "" && !isVoidable) continue;
        if (values[0] === "" && /sw|ew|cn|nc|[gl]te?/.test(operator)) continue;
        await expectFound([{ member, operator, values }], [], SORTS[at % SORTS.length] ?? "createdAt", 60);
      }
    }
  });

  it("MGMT-1: a value that is asked for again, in any case of an e-mail, finds and counts its licenses once", async () => {
    for (const [member, { kind, isVoidable, value }] of Object.entries(MEMBERS)) {
      const once = valueAt(3, "eq", isVoidable, value);
      const other = valueAt(11, "eq", isVoidable, value);
      if (once === "" || other === "") continue;
      const again = kind === "e-mail" ? once.toUpperCase() : once;
      const values = [again, other, once, other];
      for (const sort of ["createdAt", "-expiresAt"] as const)
        await expectFound([{ member, operator: "eq", values }], [], sort, 40);
    }
  });

  it("MGMT-1: any filters together find what the oracle finds, page by page", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(filter, { minLength: 1, maxLength: 3 }),
        fc.array(metadataFilter, { maxLength: 2 }),
        fc.constantFrom(...SORTS),
        fc.integer({ min: 3, max: 60 }),
        async (filters, items, sort, limit) => {
          fc.pre(filters.every(isWellFormed));
          await expectFound(filters, items, sort, limit);
        },
      ),
      { numRuns: 120, seed: 150 },
    );
  });

  it("MGMT-1: metadata.key and metadata.value bind to the same item", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(metadataFilter, {
          minLength: 1,
          maxLength: 3,
          selector: ({ member, operator }) => `${member}${operator}`,
        }),
        fc.constantFrom(...SORTS),
        async (items, sort) => await expectFound([], items, sort, 50),
      ),
      { numRuns: 60, seed: 151 },
    );
  });

  it.each([
    "alpha",
    "ALP",
    "own 3",
    "example",
    "zoë",
    "ärz acme",
    "stra",
    "中文",
    "50",
    "user1@example.test",
    "nobody",
    "a b",
    "line",
  ])("MGMT-1: search=%s looks for beginnings of words, in the license's user, too", async (search) => {
    for (const sort of ["createdAt", "-expiresAt"]) {
      const found = await followed(`/licenses?search=${encodeURIComponent(search)}&sort=${sort}&limit=40`);
      expect(found).toEqual(
        sorted(
          all.filter((license) => hasWords(license, search)),
          sort,
        ),
      );
    }
  });
});

function isWellFormed({ operator, values }: Asked): boolean {
  return values.every((value) => value !== "" || /^(eq|ne|in|nin)$/.test(operator));
}

async function expectFound(
  filters: readonly Asked[],
  items: readonly Asked[],
  sort: string,
  limit: number,
): Promise<void> {
  const one = filters.filter((asked, at) => filters.findIndex((other) => nameOf(other) === nameOf(asked)) === at);
  const itemsOnce = items.filter((asked, at) => items.findIndex((other) => nameOf(other) === nameOf(asked)) === at);
  const query = [...one, ...itemsOnce]
    .flatMap((asked) => asked.values.map((value) => `${nameOf(asked)}=${encodeURIComponent(value)}`))
    .concat(`sort=${sort}`)
    .join("&");
  const fits = (license: Json) =>
    one.every((asked) => fulfils(license, asked, MEMBERS[asked.member] as Read)) &&
    (itemsOnce.length === 0 || hasItem(license, itemsOnce));
  const expected = sorted(all.filter(fits), sort).map(({ id }) => id);
  const found = await followed(`/licenses?${query}&limit=${limit}`);
  expect({ query, ids: found.map(({ id }) => id) }).toEqual({ query, ids: expected });
  const second = await v3("GET", `/licenses?${query}&limit=${limit}&page=2`);
  expect(second.headers.get("Pagination-Count")).toBe(String(expected.length));
  expect((await listOf(second)).map(({ id }) => id)).toEqual(expected.slice(limit, 2 * limit));
}

function nameOf({ member, operator, values }: Asked): string {
  return `${member}[${operator}]${values.length % 2 === 0 ? "[]" : ""}`;
}

async function followed(path: string): Promise<readonly Json[]> {
  const found: Json[] = [];
  let next: string | undefined = path;
  while (next !== undefined) {
    const answer: Response = await v3("GET", next);
    found.push(...(await listOf(answer)));
    next = /^<\/v3(.*)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1];
  }
  return found;
}
