/** Activations by the device that they are of, and by what it calls itself (MGMT-1, page 86). */

import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sha256Hex } from "../../src/tokens/sha256.ts";
import { listed } from "../support/activations.ts";
import { grantOf, sync } from "../support/clients-v3.ts";
import { parseCsv } from "../support/csv.ts";
import { linkOf } from "../support/explained.ts";
import { created, jsonOf, license, listOf, mint, productId, v3, type Json } from "../support/management.ts";
import { handedOver } from "../support/objects.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, post } from "../support/shop.ts";

const deviceOf = async (fingerprint: string) => (await sha256Hex(fingerprint)).slice(0, 32);

let product: string;
let one: Json;
let other: Json;
let pool: Json;
/** By the name that the tests have for it: the activation's id. */
const ids = new Map<string, string>();

/** In the order of creation. */
const DEVICES: readonly (readonly [name: string, of: () => Json, fingerprint: string, hostname: string | null])[] = [
  ["seven", () => one, "first", "Workstation-7"],
  ["eight", () => one, "second", "WORKSTATION-8"],
  ["seventy", () => other, "first", "workstation-70"],
  ["percent", () => other, "third", "100%_sure"],
  ["letter", () => other, "fourth", "100Xasure"],
  ["umlaut", () => other, "fifth", "MÜNCHEN-Ä 😀"],
  ["nameless", () => other, "sixth", null],
  ["empty", () => other, "seventh", ""],
  ["pool 1", () => pool, "first", "pool"],
  ["pool 2", () => pool, "first", "pool"],
];

beforeAll(async () => {
  product = await productId();
  const unlimited = { productId: product, allowedActivations: 0 };
  one = await created("/licenses", { ...unlimited, key: "BY-DEVICE-ONE" });
  other = await license({ allowedActivations: 0 });
  const instances = { type: "hosted-floating", leasingStrategy: "per-instance", leaseDuration: 3600 };
  pool = await created("/licenses", { ...unlimited, ...instances });
  for (const [name, of, fingerprint, hostname] of DEVICES) {
    ids.set(name, await seated(of(), fingerprint, hostname));
  }
  await handedOver();
  vi.useRealTimers();
});

/** A second after the one before it, so that they have an order. */
async function seated(sold: Json, fingerprint: string, hostname: string | null): Promise<string> {
  vi.setSystemTime(Date.now() + 1000);
  return (await activated(String(sold.key), fingerprint, hostname === null ? {} : { hostname })).sessionId;
}

afterEach(() => {
  vi.useRealTimers();
});

async function found(query: string): Promise<readonly string[]> {
  const names = new Map([...ids].map(([name, id]) => [id, name]));
  return (await listed(query)).map((id) => names.get(String(id)) ?? "another");
}

const query = (member: string, value: string, more = "") => `${member}=${encodeURIComponent(value)}${more}`;

describe("by device", () => {
  it("MGMT-1: finds all that one device has activated, on whatever license, by the digest that each of them shows", async () => {
    const device = await deviceOf("first");
    const rows = await listOf(await v3("GET", `/activations?device=${device}`));
    expect(rows.map((row) => [row.id, row.device])).toEqual([
      [ids.get("seven"), device],
      [ids.get("seventy"), device],
    ]);
    expect(await found(`device=${device.toUpperCase()}`)).toEqual(["seven", "seventy"]);
    expect(await found(`device=${device}&device=${await deviceOf("sixth")}&sort=-createdAt`)).toEqual([
      ...["nameless", "seventy", "seven"],
    ]);
    expect(await found(`device=${await deviceOf("nobody's")}`)).toEqual([]);
  });

  it("SEAT-2: of per-instance activations none is known by its device, and shows none", async () => {
    expect(await found(`device=&licenseId=${pool.id}`)).toEqual(["pool 1", "pool 2"]);
    expect(await found(`device=&licenseId=${one.id}`)).toEqual([]);
    const [row] = await listOf(await v3("GET", `/activations?licenseId=${pool.id}`));
    expect(row).toMatchObject({ device: null, hostname: "pool" });
  });

  it("MGMT-1: narrows, and is narrowed", async () => {
    const device = await deviceOf("first");
    expect(await found(`device=${device}&licenseId=${other.id}`)).toEqual(["seventy"]);
    expect(await found(`device=${device}&productId=${product}`)).toEqual(["seven"]);
    expect(await found(`device=${device}&hostname[sw]=workstation&hostname[ne]=workstation-7`)).toEqual(["seventy"]);
    expect(await found(`device=${device}&license.key=BY-DEVICE-ONE`)).toEqual(["seven"]);
    expect(await found(`device[ne]=${device}&licenseId=${one.id}`)).toEqual(["eight"]);
    expect(await found(`device=${device}&createdAt[lt]=2020-01-01T00:00:00Z`)).toEqual([]);
  });

  it.each([
    ["device=xyz", "/device"],
    [`device=${"a".repeat(31)}`, "/device"],
    [`device=${"a".repeat(33)}`, "/device"],
    [`device=${"g".repeat(32)}`, "/device"],
    [`device[sw]=${"a".repeat(4)}`, "/device[sw]"],
    [`device[in][]=${"a".repeat(32)}&device[in][]=b`, "/device[in][]"],
    ["hostname[gt]=a", "/hostname[gt]"],
    ["hostname[sw]=", "/hostname[sw]"],
    ["host=a", "/host"],
    ["fingerprint=first", "/fingerprint"],
  ])("MGMT-1: ?%s is 400 at its parameter", async (asked, pointer) => {
    expect(pointersOf(await problemOf(await v3("GET", `/activations?${asked}`), 400, "INVALID_REQUEST"))).toEqual([
      pointer,
    ]);
  });
});

describe("by host", () => {
  it.each<[string, string, readonly string[]]>([
    ["hostname", "workstation-7", ["seven"]],
    ["hostname", "WORKSTATION-7", ["seven"]],
    ["hostname", "workstation", []],
    ["hostname", "MÜNCHEN-ä 😀", ["umlaut"]],
    ["hostname", "munchen-a 😀", []],
    ["hostname[in]", "Workstation-8", ["eight"]],
    ["hostname[sw]", "workstation-7", ["seven", "seventy"]],
    ["hostname[sw]", "WorkStation-", ["seven", "eight", "seventy"]],
    ["hostname[sw]", "münchen-Ä ", ["umlaut"]],
    ["hostname[sw]", "m", ["umlaut"]],
    ["hostname[sw]", "100%", ["percent"]],
    ["hostname[sw]", "100%_", ["percent"]],
    ["hostname[sw]", "100_", []],
    ["hostname[sw]", "%", []],
    ["hostname[sw]", "_", []],
    ["hostname[sw]", "*", []],
    ["hostname[sw]", "100", ["percent", "letter"]],
    ["hostname[sw]", "workstation-7' OR 1=1 --", []],
  ])("MGMT-1: %s=%s finds %j, in both orders", async (member, value, expected) => {
    for (const [sort, names] of [
      ["createdAt", expected],
      ["-createdAt", expected.toReversed()],
    ] as const) {
      const answer = await v3("GET", `/activations?${query(member, value, `&sort=${sort}`)}`);
      expect(answer.headers.get("Pagination-Count")).toBe(String(expected.length));
      expect((await listOf(answer)).map(({ id }) => id)).toEqual(names.map((name) => ids.get(name)));
    }
  });

  it("MGMT-1: of several, any; and of what has no index, in what another filter finds", async () => {
    expect(await found("hostname=workstation-8&hostname=pool&sort=-createdAt")).toEqual(["pool 2", "pool 1", "eight"]);
    expect(await found("hostname[sw]=pool&hostname[sw]=po&hostname[sw]=100x")).toEqual(["letter", "pool 1", "pool 2"]);
    const within = `&licenseId=${other.id}`;
    expect(await found(`hostname=${within}`)).toEqual(["nameless", "empty"]);
    expect(await found(`hostname=&hostname=100xASURE${within}`)).toEqual(["letter", "nameless", "empty"]);
    expect(await found(query("hostname[ew]", "ä 😀", within))).toEqual(["umlaut"]);
    expect(await found(query("hostname[cn]", "XaS", within))).toEqual(["letter"]);
    expect(await found(query("hostname[nc]", "100", within))).toEqual(["seventy", "umlaut", "nameless", "empty"]);
    expect(await found(query("hostname[ne]", "WORKSTATION-70", `${within}&hostname[sw]=work`))).toEqual([]);
  });

  it("MGMT-1: pages of one name go on to the end, in both orders, and a span narrows them", async () => {
    const sold = await license({ allowedActivations: 0 });
    const sessions: string[] = [];
    for (let at = 0; at < 7; at += 1) {
      sessions.push(await seated(sold, `clone ${at}`, at % 2 === 0 ? "lab-1" : "LAB-1"));
    }
    await handedOver();
    for (const filter of ["hostname=Lab-1", "hostname[sw]=LAB"]) {
      for (const [sort, expected] of [
        ["createdAt", sessions],
        ["-createdAt", sessions.toReversed()],
      ] as const) {
        const pages: unknown[] = [];
        let next: string | undefined = `/activations?${filter}&sort=${sort}&limit=3`;
        while (next !== undefined) {
          const answer: Response = await v3("GET", next);
          expect(answer.headers.get("Pagination-Count")).toBe("7");
          pages.push((await listOf(answer)).map(({ id }) => id));
          next = linkOf(answer);
        }
        expect(pages).toEqual([expected.slice(0, 3), expected.slice(3, 6), expected.slice(6)]);
      }
    }
  });
});

describe("what changes", () => {
  it("MGMT-2: a device that has another name is found by that, once D1 has heard of it, and by the old one no longer", async () => {
    const sold = await license({ allowedActivations: 0 });
    const grant = await grantOf(sold, { hostname: "Before-1" });
    await handedOver();
    expect(await listed("hostname=before-1")).toEqual([grant["aid"]]);
    await jsonOf(await sync(sold, grant["aid"], { hostname: "After-1" }), 200);
    await vi.waitUntil(async () => (await listed("hostname=AFTER-1")).length > 0);
    expect(await listed("hostname=after-1")).toEqual([grant["aid"]]);
    expect(await listed("hostname=before-1")).toEqual([]);
    await jsonOf(await sync(sold, grant["aid"], { hostname: "" }), 200);
    await vi.waitUntil(async () => (await listed("hostname=after-1")).length === 0);
    expect(await listed(`hostname=&licenseId=${sold.id}`)).toEqual([grant["aid"]]);
  });

  it("MGMT-2: one that has ended is found no more, however it ended", async () => {
    const sold = await license({ allowedActivations: 0 });
    const devices = await Promise.all(
      ["a", "b", "c"].map((name) => activated(String(sold.key), name, { hostname: "gone" })),
    );
    await handedOver();
    const [first, second, third] = devices.map(({ sessionId }) => sessionId);
    expect((await listed("hostname=gone")).toSorted()).toEqual([first, second, third].toSorted());
    const [document] = devices;
    expect(
      (await post(`/${first}/check-out`, undefined, bearer(document ?? { licenseToken: "" }))).status,
    ).toBeLessThan(300);
    expect((await v3("DELETE", `/activations/${second}`)).status).toBe(204);
    await handedOver();
    expect(await listed("hostname=gone")).toEqual([third]);
    expect(await listed(`device=${await deviceOf("a")}`)).toEqual([]);
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { revoked: true } }), 200);
    await vi.waitUntil(async () => (await listed("hostname[sw]=gone")).length === 0);
    expect(await listed(`device=${await deviceOf("c")}`)).toEqual([]);
  });

  it("OPS-1: what D1 has lost is found again after a resync", async () => {
    const lost = [ids.get("seven"), ids.get("eight")];
    await env.DB.prepare("DELETE FROM activations WHERE license_id = ?").bind(one.id).run();
    expect(await found("hostname[sw]=workstation")).toEqual(["seventy"]);
    await jsonOf(await v3("POST", "/recovery/resync", { body: { objects: [one.id] } }), 200);
    expect(await listed("hostname[sw]=workstation&sort=createdAt")).toEqual([...lost, ids.get("seventy")]);
    expect(await found(`device=${await deviceOf("first")}`)).toEqual(["seven", "seventy"]);
  });
});

describe("what is seen", () => {
  it("MGMT-5, MGMT-7: takes activation:read alone, which shows both", async () => {
    const token = await mint(["activation:read"]);
    const asked = `/activations?hostname=workstation-7&device=${await deviceOf("first")}`;
    expect(await listOf(await v3("GET", asked, { token }))).toMatchObject([
      { hostname: "Workstation-7", device: await deviceOf("first") },
    ]);
    await problemOf(await v3("GET", asked, { token: await mint(["license:read"]) }), 403, "FORBIDDEN");
  });

  it("MGMT-1: a file has the device beside the name", async () => {
    const text = await (await v3("GET", `/activations/export?licenseId=${other.id}`)).text();
    const [head = [], ...rows] = parseCsv(text);
    const row = rows.find((fields) => fields.includes(ids.get("umlaut") ?? "")) ?? [];
    const known = ["hostname", "device"].map((column) => row[head.indexOf(column)]);
    expect(known).toEqual(["MÜNCHEN-Ä 😀", await deviceOf("fifth")]);
  });
});
