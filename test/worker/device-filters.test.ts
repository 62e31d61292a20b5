/** Lists by what devices are (MGMT-1): of licenses and users by their activations; and with all filters at once. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { operatorsOf, takesSeveral } from "../../src/http/management/list/filter-values.ts";
import { membersOf, type Findable } from "../../src/registry/find/condition.ts";
import type { Member } from "../../src/registry/find/filter.ts";
import { activationList } from "../../src/registry/rows/activation-fields.ts";
import { licenseList } from "../../src/registry/rows/license-fields.ts";
import { userList } from "../../src/registry/rows/user-fields.ts";
import { trialList } from "../../src/registry/trials/trial-fields.ts";
import { created, jsonOf, listOf, productId, v3, type Json } from "../support/management.ts";
import { handedOver } from "../support/objects.ts";
import { problemOf } from "../support/problems.ts";

/** A device of a license, in a country, on a version, that was last heard of on a day of January 2026. */
async function device(sold: Json, day: number, country: string | null, more: Json = {}): Promise<void> {
  const body = { key: sold.key, productId: sold.productId, fingerprint: crypto.randomUUID(), ...more };
  const headers = country === null ? {} : { "CF-IPCountry": country };
  await jsonOf(await v3("POST", "/activations", { body, headers }), 201);
  await handedOver();
  await env.DB.prepare("UPDATE activations SET contact_at = ?1 WHERE contact_at > ?2")
    .bind(Date.UTC(2026, 0, day), Date.UTC(2026, 1, 1))
    .run();
}

describe("by what their devices are", () => {
  let product: string;

  beforeAll(async () => {
    product = await productId();
    const of = { productId: product, allowedActivations: 0 };
    const owner = await created("/users", { email: "dev@example.test", firstName: "Dev" });
    const another = await created("/users", { email: "ops@example.test", firstName: "Ops" });
    const both = await created("/licenses", { ...of, key: "DEVICES-BOTH", userId: owner.id });
    const german = await created("/licenses", { ...of, key: "DEVICES-DE", userId: owner.id });
    await created("/licenses", { ...of, key: "DEVICES-NONE", userId: another.id });
    const nowhere = await created("/licenses", { ...of, key: "DEVICES-NOWHERE", userId: another.id });
    await device(both, 10, "DE", { appVersion: "1.0", releaseVersion: "9.9" });
    await device(both, 1, "FR", { releaseVersion: "2.0" });
    await device(german, 1, "DE", { releaseVersion: "2.0" });
    await device(nowhere, 10, null, { os: "linux", metadata: [{ key: "room", value: "7" }] });
  });

  const MIDST = "2026-01-05T00:00:00Z";

  it.each<[string, readonly string[]]>([
    ["activation.countryCode=DE", ["BOTH", "DE"]],
    ["activation.countryCode=FR", ["BOTH"]],
    ["activation.countryCode=DE&activation.countryCode=FR", ["BOTH", "DE"]],
    ["activation.countryCode=de", []],
    ["activation.countryCode[sw]=d", ["BOTH", "DE"]],
    ["activation.countryCode[ne]=DE", ["BOTH", "NOWHERE"]],
    ["activation.countryCode=", ["NOWHERE"]],
    [`activation.lastSyncedAt[lt]=${MIDST}`, ["BOTH", "DE"]],
    [`activation.lastSyncedAt[gte]=${MIDST}`, ["BOTH", "NOWHERE"]],
    ["activation.lastSyncedAt=2026-01-10T00:00:00Z", ["BOTH", "NOWHERE"]],
    // One and the same device is of that country and was heard of then.
    [`activation.countryCode=DE&activation.lastSyncedAt[lt]=${MIDST}`, ["DE"]],
    [`activation.countryCode=FR&activation.lastSyncedAt[lt]=${MIDST}`, ["BOTH"]],
    [`activation.countryCode=FR&activation.lastSyncedAt[gte]=${MIDST}`, []],
    [`activation.countryCode=DE&activation.lastSyncedAt[gte]=${MIDST}&search=devices`, ["BOTH"]],
    ["activation.countryCode=DE&key[ew]=-DE&totalActivations=1", ["DE"]],
    ["activation.countryCode=DE&key=DEVICES-DE", ["DE"]],
  ])("MGMT-1: licenses ?%s", async (query, expected) => {
    for (const sort of ["createdAt", "expiresAt"]) {
      const answer = await v3("GET", `/licenses?productId=${product}&${query}&sort=${sort}`);
      const found = (await listOf(answer)).map(({ key }) => String(key).slice("DEVICES-".length));
      expect([sort, found.toSorted()]).toEqual([sort, expected]);
      expect(answer.headers.get("Pagination-Count")).toBe(String(expected.length));
    }
  });

  it.each<[string, readonly string[]]>([
    ["activation.appVersion=1.0", ["Dev"]],
    ["activation.appVersion=9.9", []],
    ["activation.appVersion[sw]=2.", ["Dev"]],
    ["activation.appVersion=", ["Ops"]],
    ["activation.appVersion[ne]=1.0&email[cn]=example", ["Dev", "Ops"]],
    ["activation.appVersion=1.0&search=ops", []],
  ])("MGMT-1: users ?%s", async (query, expected) => {
    const found = await listOf(await v3("GET", `/users?productId=${product}&${query}`));
    expect(found.map(({ firstName }) => firstName)).toEqual(expected);
  });

  it.each<[string, number]>([
    ["os=linux", 1],
    ["os=windows", 0],
    ["location.countryCode=DE", 2],
    ["location.countryCode=", 1],
    ["metadata.key=room&metadata.value=7", 1],
    ["metadata.key=room&metadata.value=8", 0],
    ["releaseVersion=2.0", 2],
    [`lastSyncedAt[gt]=${MIDST}&location.countryCode=DE`, 1],
  ])("MGMT-1: activations ?%s", async (query, count) => {
    expect(await listOf(await v3("GET", `/activations?productId=${product}&${query}`))).toHaveLength(count);
  });

  it.each([
    "/licenses?activation.lastSyncedAt=",
    "/licenses?activation.lastSyncedAt[sw]=2026",
    "/licenses?activation.appVersion=1.0",
    "/users?activation.countryCode=DE",
    "/activations?activation.countryCode=DE",
  ])("MGMT-1: %s is 400", async (path) => {
    await problemOf(await v3("GET", path), 400, "INVALID_REQUEST");
  });
});

describe("many filters at once", () => {
  const LISTS: readonly (readonly [string, Findable])[] = [
    ["licenses", licenseList],
    ["users", userList],
    ["activations", activationList],
    ["trial-activations", trialList],
  ];

  it.each(LISTS)("MGMT-1, ERR-2: as many filters as a query of %s takes are no fault of D1", async (name, list) => {
    const always = list.related === undefined ? [] : Object.entries(list.related.fields).flatMap(filtersOf).slice(0, 2);
    const all = Object.entries(membersOf(list)).flatMap(filtersOf);
    const size = 19 - always.length;
    const rounds = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
      all.slice(at * size, (at + 1) * size),
    );
    for (const some of rounds) {
      const query = [...new Set([...always, ...some])].join("&");
      for (const sort of ["createdAt", `-${Object.keys(list.sorts).at(-1)}`]) {
        const answer = await v3("GET", `/${name}?${query}&search=a b c d e f g h&sort=${sort}`);
        expect([200, 400], query + (await answer.clone().text())).toContain(answer.status);
        if (answer.status === 400) expect((await jsonOf(answer, 400)).detail).toContain("narrower");
      }
    }
  });

  /** A member by each of its operators, with all the values that it takes. */
  function filtersOf([name, member]: readonly [string, Member]): readonly string[] {
    return operatorsOf(member).map((operator) =>
      Array.from(
        { length: takesSeveral(operator) ? 20 : 1 },
        (_, at) => `${name}[${operator}]=${valueOf(member, at)}`,
      ).join("&"),
    );
  }

  function valueOf({ type }: Member, at: number): string {
    switch (type) {
      case "number":
        return String(at);
      case "boolean":
        return String(at % 2 === 0);
      case "instant":
        return new Date(Date.UTC(2026, 0, 1 + at)).toISOString();
      case "uuid":
        return crypto.randomUUID();
      case "digest":
        return crypto.randomUUID().replaceAll("-", "");
      case "text":
      case "key":
        return `value-${at}`;
      default:
        return type[at % type.length] ?? "";
    }
  }
});
