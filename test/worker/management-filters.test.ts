/** The query grammar of lists (MGMT-1): spellings that clients send, and what is refused. */

import { beforeAll, describe, expect, it } from "vitest";
import { created, listOf, mint, productId, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

let app: string;
let other: string;
let ada: Json;
const keys = ["FILTER-A", "FILTER-B", "FILTER,C", "filter-d"] as const;

beforeAll(async () => {
  [app, other] = [await productId(), await productId()];
  ada = await created("/users", { email: "Ada@example.test", company: "Engines, Ltd", firstName: "Ada" });
  const metadata = [{ key: "order_id", value: "77" }];
  await created("/licenses", {
    productId: app,
    key: keys[0],
    userId: ada.id,
    metadata,
    createdAt: "2024-01-01T00:00:00Z",
  });
  await created("/licenses", { productId: app, key: keys[1], metadata, createdAt: "2024-01-02T00:00:00Z" });
  await created("/licenses", { productId: other, key: keys[2], createdAt: "2024-01-03T00:00:00Z", suspended: true });
  await created("/licenses", {
    productId: other,
    key: keys[3],
    createdAt: "2024-01-04T00:00:00Z",
    expiresAt: "2090-01-01T00:00:00Z",
    effectiveDate: "2080-01-01T00:00:00Z",
  });
});

describe("licenses", () => {
  it.each<[string, readonly string[]]>([
    // An axios client: brackets as they are, lists as `key[in][]`.
    [
      "page=1&limit=20&metadata.key[eq]=order_id&key[in][]=FILTER-A&key[in][]=FILTER-B&createdAt[gt]=2024-01-01T00:00:00Z&revoked=false",
      ["FILTER-B"],
    ],
    // A fetch client: lists as repeated names.
    ["productId[eq]=APP&metadata.key[eq]=order_id&include=user&include=organization", ["FILTER-A", "FILTER-B"]],
    ["productId%5Beq%5D=APP&key%5Bin%5D%5B%5D=FILTER-A", ["FILTER-A"]],
    ["key=FILTER-A", ["FILTER-A"]],
    ["key=FILTER-A&key=FILTER-B", ["FILTER-A", "FILTER-B"]],
    ["key[]=FILTER-A&key[]=FILTER-B", ["FILTER-A", "FILTER-B"]],
    ["key[eq]=FILTER-A&key[eq]=FILTER-B", ["FILTER-A", "FILTER-B"]],
    ["key=%20FILTER-A%20", ["FILTER-A"]],
    ["key[in]=FILTER,C", ["FILTER,C"]],
    ["key[in]=FILTER-A,FILTER-B", []],
    ["key[nin][]=FILTER-A&key[nin][]=FILTER-B", ["FILTER,C", "filter-d"]],
    ["key[ne]=FILTER-A&key[sw]=filter-", ["FILTER-B", "filter-d"]],
    ["key[cn]=TER,", ["FILTER,C"]],
    ["key[ew]=-D", ["filter-d"]],
    ["key[nc]=-", ["FILTER,C"]],
    ["key[sw]=FILTER-A&key[in]=FILTER-B", []],
    ["include[]=user&include[]=reseller&key=FILTER-A", ["FILTER-A"]],
    ["email=ADA@example.test", ["FILTER-A"]],
    ["user.email[sw]=ada@", ["FILTER-A"]],
    ["user.email[ne]=ada@example.test", ["FILTER-B", "FILTER,C", "filter-d"]],
    ["user.company=Engines, Ltd", ["FILTER-A"]],
    ["userId=", ["FILTER-B", "FILTER,C", "filter-d"]],
    ["metadataKey=order_id&metadataValue=77", ["FILTER-A", "FILTER-B"]],
    ["metadataKey=order_id&metadataValue=78", []],
    ["createdAfter=2024-01-02T00:00:00Z&createdBefore=2024-01-04T00:00:00Z", ["FILTER,C"]],
    ["createdAt=2024-01-02T01:00:00%2B01:00", ["FILTER-B"]],
    ["createdAt[in][]=2024-01-02T00:00:00Z&createdAt[in][]=2024-01-03T00:00:00Z", ["FILTER-B", "FILTER,C"]],
    ["createdAt[gte]=2024-01-02T00:00:00Z&createdAt[lt]=2024-01-03T00:00:00Z", ["FILTER-B"]],
    ["expiresAt=", ["FILTER-A", "FILTER-B", "FILTER,C"]],
    ["expiresAt[ne]=", ["filter-d"]],
    ["perpetual=false", ["filter-d"]],
    ["effectiveDate[gt]=2026-01-01T00:00:00Z", ["filter-d"]],
    ["effectiveDate=2080-01-01T00:00:00Z&expired=false", ["filter-d"]],
    ["effectiveDate[lt]=2080-01-01T00:00:00Z", []],
    ["effectiveDate=", ["FILTER-A", "FILTER-B", "FILTER,C"]],
    ["expired=false&suspended[ne]=false", ["FILTER,C"]],
    ["expired=true", []],
    ["expiringSoon=true", []],
    ["expiringSoon=false&suspended=true", ["FILTER,C"]],
    ["query=engines", ["FILTER-A"]],
    ["search=fil%20B", ["FILTER-B"]],
    ["search=", [...keys]],
    ["search=%2C%2C", []],
    ["type=node-locked&type=hosted-floating&suspended=true", ["FILTER,C"]],
    ["allowVmActivation=true&userLocked=false&suspended=true", ["FILTER,C"]],
    ["allowVmActivation=false", []],
    ["organizationId=0199f6a0-0000-7000-8000-000000000001", []],
    ["organizationId[ne]=0199f6a0-0000-7000-8000-000000000001&suspended=true", ["FILTER,C"]],
    ["maintenanceExpiresAt[lt]=2099-01-01T00:00:00Z", []],
    ["tag=vip", []],
    ["tags[ne]=vip&suspended=true", ["FILTER,C"]],
    ["tag[cn]=i", []],
    ["totalActivations=0&allowedActivations[gte]=1&validity[lt]=1&suspended=true", ["FILTER,C"]],
    ["totalActivations[gt]=-1&totalDeactivations[lte]=0&suspended=true", ["FILTER,C"]],
    ["externalReference=x", []],
    ["region=&suspended=true", ["FILTER,C"]],
  ])("MGMT-1: ?%s", async (query, expected) => {
    const answer = await v3("GET", `/licenses?${query.replace("APP", app)}`);
    expect((await listOf(answer)).map(({ key }) => key)).toEqual(expected);
    expect(answer.headers.get("Pagination-Count")).toBe(String(expected.length));
  });

  it.each<[string, string]>([
    ["colour=red", "/colour"],
    ["key[is]=a", "/key[is]"],
    ["key[gt]=a", "/key[gt]"],
    ["key[EQ]=a", "/key[EQ]"],
    ["key[in][x]=a", "/key[in][x]"],
    ["key[=a", "/key["],
    ["revoked[gt]=true", "/revoked[gt]"],
    ["createdAt[cn]=2024", "/createdAt[cn]"],
    ["productId[sw]=0", "/productId[sw]"],
    ["constructor=1", "/constructor"],
    ["productId=abc", "/productId"],
    ["productId=", "/productId"],
    ["revoked=yes", "/revoked"],
    ["revoked=", "/revoked"],
    ["type=floating", "/type"],
    ["createdAt[gt]=yesterday", "/createdAt[gt]"],
    ["createdAt[gt]=", "/createdAt[gt]"],
    ["expiresAt[lt]=", "/expiresAt[lt]"],
    ["createdAt[gt]=2024-01-01T00:00:00Z&createdAt[gt]=2024-01-02T00:00:00Z", "/createdAt[gt]"],
    ["createdAfter[gt]=2024-01-01T00:00:00Z", "/createdAfter[gt]"],
    ["createdAfter=x", "/createdAfter"],
    ["allowedActivations=1.5", "/allowedActivations"],
    ["allowedActivations[lt]=1e3", "/allowedActivations[lt]"],
    ["allowedActivations=", "/allowedActivations"],
    ["validity=99999999999999999999", "/validity"],
    ["key=", "/key"],
    ["key=%00", "/key"],
    ["notes[cn]=%00", "/notes[cn]"],
    ["notes[cn]=", "/notes[cn]"],
    [`notes=${"x".repeat(4097)}`, "/notes"],
    [`search=${"x".repeat(4097)}`, "/search"],
    ["search=a b c d e f g h i", "/search"],
    ["search=a&search=b", "/search"],
    ["search=a&query=b", "/query"],
    ["search[cn]=a", "/search[cn]"],
    ["include=everything", "/include"],
    ["include=user,everything", "/include"],
    [Array.from({ length: 21 }, (_, at) => `key=${at}`).join("&"), "/key"],
    [Array.from({ length: 21 }, (_, at) => `k${at}=`).join("&"), "/k20"],
    ["lastSeenAfter=2024-01-01T00:00:00Z", "/lastSeenAfter"],
    ["sort=key", "/sort"],
  ])("MGMT-1, LIM-2: ?%s is 400", async (query, pointer) => {
    const problem = await problemOf(await v3("GET", `/licenses?${query}`), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toContain(pointer);
  });

  it("MGMT-1: Link carries the filters on as they were sent", async () => {
    const query = "key[in][]=FILTER,C&key[in][]=filter-d&query=filter&include=user&createdAfter=2024-01-01T00:00:00Z";
    const answer = await v3("GET", `/licenses?${query}&limit=1`);
    const link = /^<(.*)>; rel="next"$/.exec(answer.headers.get("Link") ?? "")?.[1] ?? "";
    expect(link).not.toMatch(/[[\], ]/);
    const { searchParams } = new URL(link, "http://leasehold.test");
    expect(searchParams.getAll("key[in][]")).toEqual(["FILTER,C", "filter-d"]);
    expect([searchParams.get("query"), searchParams.get("include")]).toEqual(["filter", "user"]);
    const next = await v3("GET", link.slice("/v3".length));
    expect((await listOf(next)).map(({ key }) => key)).toEqual(["filter-d"]);
    expect(next.headers.get("Link")).toBeNull();
  });

  it("MGMT-5: filters give nobody more than the list's scope", async () => {
    const token = await mint(["user:read"]);
    await problemOf(await v3("GET", "/licenses?key=FILTER-A", { token }), 403, "FORBIDDEN");
    await problemOf(await v3("GET", "/users?email=ada@example.test", { token: null }), 401, "UNAUTHORIZED");
  });
});

describe("the catalogue", () => {
  it.each<[string, readonly string[]]>([
    ["email[eq]=ada@EXAMPLE.test", ["Ada"]],
    ["email[in][]=ada@example.test&email[in][]=bob@example.test", ["Ada", "Bob"]],
    ["email[ne]=ada@example.test", ["Bob"]],
    ["email[cn]=DA@", ["Ada"]],
    ["name=Ada", ["Ada"]],
    ["name[sw]=bO", ["Bob"]],
    ["company=", ["Bob"]],
    ["company[cn]=ENGINES,", ["Ada"]],
    ["productId=APP", ["Ada"]],
    ["role=user&userType=user", ["Ada", "Bob"]],
    ["role=admin", []],
    ["lastSeenAfter=2024-01-01T00:00:00Z", []],
    ["lastSeenAt=", ["Ada", "Bob"]],
    ["tags=vip&tags=gold", []],
    ["metadata.key=crm&metadata.value[sw]=4", ["Bob"]],
    ["search=lovel", ["Bob"]],
    ["search=example ada", ["Ada"]],
    ["createdAt[gt]=2024-01-01T00:00:00Z&updatedAt[lte]=2999-01-01T00:00:00Z&sort=-createdAt", ["Bob", "Ada"]],
  ])("MGMT-1: users ?%s", async (query, expected) => {
    await bob();
    const found = await listOf(await v3("GET", `/users?${query.replace("APP", app)}`));
    expect(found.map(({ firstName }) => firstName)).toEqual(expected);
  });

  it("MGMT-1: products, access tokens and webhooks by their members", async () => {
    const product = await created("/products", {
      name: "filter-app",
      displayName: "Filter App",
      metadata: [{ key: "a", value: "b" }],
    });
    const token = await created("/personal-access-tokens", {
      name: "shop token",
      scopes: ["tag:read"],
      expiresAt: "2090-01-01T00:00:00Z",
    });
    const webhook = await created("/webhooks", {
      name: "shop hook",
      url: "http://127.0.0.1:9/filter",
      events: ["license.*"],
      enabled: false,
    });
    const cases: readonly (readonly [string, Json])[] = [
      ["/products?name=filter-app", product],
      ["/products?displayName[cn]=TER A", product],
      ["/products?search=fil app&createdAt[gt]=2024-01-01T00:00:00Z", product],
      ["/products?metadata.key=a&metadata.value=b", product],
      [`/products?id=${product.id}&updatedAt[lt]=2999-01-01T00:00:00Z`, product],
      ["/personal-access-tokens?name[sw]=Shop&revoked=false", token],
      ["/personal-access-tokens?expiresAt[gt]=2089-01-01T00:00:00Z&lastUsedAt=", token],
      [`/personal-access-tokens?id=${token.id}&createdAt[gt]=2024-01-01T00:00:00Z&search=shop`, token],
      ["/webhooks?name=shop hook&enabled=false&status=healthy", webhook],
      ["/webhooks?event=license.created&url[cn]=filter", webhook],
      ["/webhooks?events=license.*", webhook],
      [`/webhooks?id=${webhook.id}&search=hook`, webhook],
    ];
    for (const [path, resource] of cases)
      expect([path, (await listOf(await v3("GET", path))).map(({ id }) => id)]).toEqual([path, [resource.id]]);
    for (const path of [
      "/products?name=filter",
      "/personal-access-tokens?revoked=true",
      "/webhooks?event=user.created",
      "/webhooks?enabled=true",
    ])
      expect([path, await listOf(await v3("GET", path))]).toEqual([path, []]);
    for (const path of [
      `/users?productId[ne]=${webhook.id}`,
      "/products?tokenAlgorithm=x",
      "/personal-access-tokens?scopes=x",
      "/webhooks?include=user",
    ])
      await problemOf(await v3("GET", path), 400, "INVALID_REQUEST");
  });
});

let second: Promise<Json> | null = null;

async function bob(): Promise<void> {
  const metadata = [{ key: "crm", value: "4711" }];
  second ??= created("/users", { email: "bob@example.test", firstName: "Bob", lastName: "Lovelace", metadata });
  await second;
}
