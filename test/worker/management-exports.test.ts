/** `/v3/licenses/export` and `/v3/users/export`: whole lists as CSV files. */

import { describe, expect, it } from "vitest";
import {
  ACTIVATION_COLUMNS,
  LICENSE_COLUMNS,
  TRIAL_COLUMNS,
  USER_COLUMNS,
} from "../../src/http/management/deployment/export-columns.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { csvTable } from "../support/csv.ts";
import { created, license, listOf, mint, productId, v3, type Json } from "../support/management.ts";
import { activated } from "../support/shop.ts";
import { tokenOf } from "../support/clients-v3.ts";
import { trial, tried } from "../support/trials.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

type Table = readonly Readonly<Record<string, string>>[];

async function exported(path: string): Promise<Table> {
  const answer = await v3("GET", path);
  const text = await answer.text();
  expect({ status: answer.status, text: answer.ok ? "" : text }).toEqual({ status: 200, text: "" });
  return csvTable(text);
}

function idsOf(table: Table): readonly (string | undefined)[] {
  return table.map(({ id }) => id);
}

/** Members that are out of scope, and those that are columns by their own members. */
const NO_COLUMNS = {
  activations: ["organization", "offline"],
  licenses:
    "features organization reseller organizationId productVersionId additionalUserIds userGroups allowedIpRange".split(
      " ",
    ),
  users:
    "twoFactorEnabled googleSsoEnabled allowCustomerPortalAccess lastLoginAt lastSeenAt organizationId resellerId groups".split(
      " ",
    ),
};

describe("the file", () => {
  it("MGMT-1: is CSV in UTF-8, to be saved under a name with the date", async () => {
    await license({ notes: "für Ünal" });
    const answer = await v3("GET", "/licenses/export");
    expect(answer.headers.get("Content-Type")).toBe("text/csv; charset=utf-8; header=present");
    const day = new Date().toISOString().slice(0, 10);
    expect(answer.headers.get("Content-Disposition")).toBe(`attachment; filename="licenses-${day}.csv"`);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await answer.arrayBuffer());
    expect(text.startsWith("id,createdAt,")).toBe(true);
    expect(text.endsWith("\r\n")).toBe(true);
    expect(text).toContain("für Ünal");
  });

  it("MGMT-1: shows each license as its GET does, the key too, and whom it is for", async () => {
    const user = await created("/users", {
      email: "export@acme.test",
      firstName: "Ada",
      lastName: "=Byron",
      company: "Acme, Ltd.",
    });
    const made = await license({
      userId: user.id,
      notes: '=cmd|" /C calc"!A1',
      subscriptionInterval: "P1Y",
      allowedActivations: -1,
      externalReference: "order-export-1",
      metadata: [{ key: "order", value: "=1+1", viewPermissions: ["user"] }],
    });
    const resource = (await (await v3("GET", `/licenses/${String(made.id)}`)).json()) as Json;
    const row = (await exported("/licenses/export")).find(({ id }) => id === made.id);
    expect(Object.keys(row ?? {})).toEqual(LICENSE_COLUMNS);
    expect(row).toMatchObject({
      key: made.key,
      notes: `'=cmd|" /C calc"!A1`,
      allowedActivations: "-1",
      allowedDeactivations: "-1",
      expiresAt: made.expiresAt,
      "user.email": "export@acme.test",
      "user.lastName": "'=Byron",
      "user.company": "Acme, Ltd.",
      licensedProductIds: String(made.productId),
      perpetual: "false",
      effectiveDate: "",
    });
    expect(JSON.parse(row?.metadata ?? "")).toEqual(resource.metadata);
    const members = new Set(LICENSE_COLUMNS.map((column) => column.split(".")[0]));
    expect(
      Object.keys(resource)
        .filter((member) => !members.has(member))
        .toSorted(),
    ).toEqual(NO_COLUMNS.licenses.toSorted());
    expect([...members].filter((member) => !(String(member) in resource))).toEqual([]);
  });

  it("MGMT-1: shows each user as its GET does", async () => {
    const user = await created("/users", { email: "one-user@acme.test", company: "@Acme" });
    const row = (await exported("/users/export")).find(({ id }) => id === user.id);
    expect(row).toMatchObject({ email: "one-user@acme.test", company: "'@Acme", createdAt: user.createdAt });
    const members = new Set<string>(USER_COLUMNS);
    expect(
      Object.keys(user)
        .filter((member) => !members.has(member))
        .toSorted(),
    ).toEqual(NO_COLUMNS.users.toSorted());
  });

  it("MGMT-1, EVT-3: shows each activation as its GET does, and no fingerprint", async () => {
    const user = await created("/users", { email: "device@acme.test" });
    const made = await license({ userId: user.id });
    const hostname = '=HYPERLINK("http://evil.test")';
    const { sessionId } = await activated(String(made.key), "fingerprint-of-device", { hostname });
    const resource = (await (await v3("GET", `/activations/${sessionId}`)).json()) as Json;
    const text = await (await v3("GET", "/activations/export")).text();
    expect(text).not.toContain("fingerprint-of-device");
    const row = csvTable(text).find(({ id }) => id === sessionId);
    expect(Object.keys(row ?? {})).toEqual(ACTIVATION_COLUMNS);
    expect(row).toMatchObject({
      licenseId: made.id,
      hostname: `'${hostname}`,
      "user.email": "device@acme.test",
      lastSyncedAt: resource.lastSyncedAt,
      leaseExpiresAt: "",
    });
    const members = new Set(ACTIVATION_COLUMNS.map((column) => column.split(".")[0]));
    expect(
      Object.keys(resource)
        .filter((member) => !members.has(member))
        .toSorted(),
    ).toEqual(NO_COLUMNS.activations.toSorted());
    const ofOthers = [(await license()).id, made.id].map((id) => `licenseId=${String(id)}`);
    expect(idsOf(await exported(`/activations/export?${ofOthers[0]}`))).toEqual([]);
    expect(idsOf(await exported(`/activations/export?${ofOthers.join("&")}`))).toEqual([sessionId]);
    const both = `${ofOthers[1]}&productId=${String(made.productId)}`;
    expect(idsOf(await exported(`/activations/export?${both}`))).toEqual([sessionId]);
  });

  it("MGMT-1, TRIAL-1: shows each trial as its GET does, and no fingerprint", async () => {
    const { product } = await tried();
    const metadata = [{ key: "room", value: "7" }];
    for (const [fingerprint, os] of [["trial-of-one", "linux"] as const, ["trial-of-other", "windows"] as const])
      await tokenOf(await trial(product, { fingerprint, os, hostname: "=1+1", metadata }));
    const [one, other] = await listOf(await v3("GET", `/trial-activations?productId=${product}`));
    const text = await (await v3("GET", `/trial-activations/export?productId=${product}`)).text();
    expect(text).not.toContain("trial-of");
    const [row] = csvTable(text);
    expect(Object.keys(row ?? {})).toEqual(TRIAL_COLUMNS);
    expect(row).toMatchObject({ id: one?.id, expiresAt: one?.expiresAt, os: "linux", hostname: "'=1+1" });
    expect(JSON.parse(String(row?.metadata))).toEqual(one?.metadata);
    const members = new Set(TRIAL_COLUMNS.map((column) => column.split(".")[0]));
    expect(Object.keys(one ?? {}).filter((member) => !members.has(member))).toEqual(["offline"]);
    const of = `/trial-activations/export?productId=${product}`;
    expect(idsOf(await exported(of))).toEqual([one?.id, other?.id]);
    expect(idsOf(await exported(`${of}&os=windows&expired=false`))).toEqual([other?.id]);
    expect(idsOf(await exported(`${of}&expired=true`))).toEqual([]);
  });

  it("MGMT-1: of a list without rows is one line", async () => {
    const text = await (await v3("GET", "/licenses/export?createdAt[lt]=1990-01-01T00:00:00Z")).text();
    expect(text).toBe(`${LICENSE_COLUMNS.join(",")}\r\n`);
  });
});

describe("its filters", () => {
  it("MGMT-1: are a product, several, and a range of the creation", async () => {
    const [one, other] = [await license(), await license()];
    const both = `productId=${String(one.productId)}&productId=${String(other.productId).toUpperCase()}`;
    expect(idsOf(await exported(`/licenses/export?productId=${String(one.productId)}`))).toEqual([one.id]);
    expect(idsOf(await exported(`/licenses/export?${both}`))).toEqual([one.id, other.id]);
    expect(idsOf(await exported(`/licenses/export?productId=${await productId()}`))).toEqual([]);
    const since = encodeURIComponent(String(other.createdAt));
    const later = idsOf(await exported(`/licenses/export?createdAt[gte]=${since}`));
    expect(later).toContain(other.id);
    expect(idsOf(await exported(`/licenses/export?createdAt[gt]=${since}`))).not.toContain(other.id);
    const earlier = await exported(`/licenses/export?${both}&createdAt[lt]=${since}`);
    expect(idsOf(earlier)).toEqual(one.createdAt === other.createdAt ? [] : [one.id]);
  });

  it("MGMT-1: of licenses are those of the list", async () => {
    const product = await productId();
    const metadata = [{ key: "order", value: "export-77" }];
    const [plain, ordered, suspended] = [
      await license({ productId: product }),
      await license({ productId: product, metadata }),
      await license({ productId: product, metadata, suspended: true, notes: "late" }),
    ];
    const of = `productId=${product}`;
    for (const [query, expected] of [
      ["metadata.key=order&metadata.value=export-77", [ordered, suspended]],
      ["search=export-77", [ordered, suspended]],
      [`suspended=true&${of}`, [suspended]],
      [`notes[cn]=LA&${of}`, [suspended]],
      [`key[in][]=${plain.key}&key[in][]=${suspended.key}`, [plain, suspended]],
      [`productId[ne]=${crypto.randomUUID()}&${of}`, [plain, ordered, suspended]],
      [`createdAt[ne]=2020-01-01T00:00:00Z&${of}`, [plain, ordered, suspended]],
      [`activation.countryCode=DE&${of}`, []],
      [
        `${of}&${Array.from({ length: 19 }, () => `productId=${crypto.randomUUID()}`).join("&")}&type=node-locked`,
        [plain, ordered, suspended],
      ],
      ["key=none", []],
    ] as const) {
      const ids = expected.map(({ id }) => id);
      expect([query, idsOf(await exported(`/licenses/export?${query}`))]).toEqual([query, ids]);
      expect([query, (await listOf(await v3("GET", `/licenses?${query}`))).map(({ id }) => id)]).toEqual([query, ids]);
    }
  });

  it("MGMT-7: that would spell out people or devices are 403", async () => {
    const token = await mint(["license:read"]);
    for (const query of ["user.email=a@example.test", "search=a", "activation.countryCode=DE"])
      await problemOf(await v3("GET", `/licenses/export?${query}`, { token }), 403, "FORBIDDEN");
  });

  it.each([
    ["/licenses/export?page=2", "/page"],
    ["/licenses/export?include=user", "/include"],
    ["/licenses/export?limit=5", "/limit"],
    ["/licenses/export?sort=createdAt", "/sort"],
    ["/licenses/export?colour=blue", "/colour"],
    ["/licenses/export?createdAt[gte]=yesterday", "/createdAt[gte]"],
    ["/licenses/export?createdAt[sw]=2026", "/createdAt[sw]"],
    ["/activations/export?include=user", "/include"],
    ["/users/export?productId=1", "/productId"],
    ["/trial-activations/export?sort=createdAt", "/sort"],
  ])("MGMT-1: %s is 400 at the parameter", async (path, pointer) => {
    const problem = await problemOf(await v3("GET", path), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual([pointer]);
  });
});

describe("who may", () => {
  it.each([
    ["/licenses/export", "license:read", ["license:write", "user:read", "activation:read"]],
    ["/activations/export", "activation:read", ["activation:write", "license:read"]],
    ["/users/export", "user:read", ["user:write", "license:read"]],
    ["/trial-activations/export", "trialActivation:read", ["trialActivation:write", "activation:read"]],
  ])("MGMT-5: %s takes %s", async (path, scope, others) => {
    const answer = await v3("GET", path, { token: await mint([scope]) });
    expect(answer.status).toBe(200);
    await answer.text();
    await problemOf(await v3("GET", path, { token: await mint(others) }), 403, "FORBIDDEN");
    await problemOf(await v3("GET", path, { token: ROOT_SECRET }), 403, "FORBIDDEN");
    await problemOf(await v3("GET", path, { token: null }), 401, "UNAUTHORIZED");
    await problemOf(await v3("GET", path, { token: "lh_pat_nobody" }), 401, "UNAUTHORIZED");
  });

  it.each(["/licenses/export", "/activations/export", "/users/export", "/trial-activations/export"])(
    "ERR-3: %s is no id, and only reads",
    async (path) => {
      for (const method of ["POST", "PATCH", "DELETE"]) {
        const answer = await v3(method, path, method === "DELETE" ? {} : { body: {} });
        await problemOf(answer, 405, "METHOD_NOT_ALLOWED");
        expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
      }
    },
  );
});
