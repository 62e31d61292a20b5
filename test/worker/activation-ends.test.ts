/**
 * When an activation ends, told alike by everything that tells it (MGMT-2): every change that moves an end, and then
 * the activation itself, every list, and the file.
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { csvTable } from "../support/csv.ts";
import { created, jsonOf, license, listOf, read, v3, type Json } from "../support/management.ts";
import { newProvider } from "../support/provider.ts";
import { setBack, snapshot } from "../support/set-back.ts";
import { activated, bearer, post } from "../support/shop.ts";
import { appWith, type SignedInApp } from "../support/signed-in-app.ts";

const DAY = 86_400;
const EMAIL = "ada@ends.test";

let user: Json = {};
let ada: { readonly app: SignedInApp; readonly token: string } | null = null;

beforeAll(async () => {
  user = await created("/users", { email: EMAIL });
  const provider = await newProvider({ "subject-1": { email: EMAIL, email_verified: true } });
  ada = { app: appWith(provider.issuer), token: (await provider.tokens("subject-1")).access_token };
});

type Ends = ReadonlyMap<string, string | null>;

function endsOf(list: readonly Json[], ids: readonly string[]): Ends {
  const ends = list.map(
    ({ id, expiresAt }) => [String(id), (expiresAt ?? "") === "" ? null : String(expiresAt)] as const,
  );
  return new Map(ends.filter(([id]) => ids.includes(id)).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Every list that shows the activations of a license, by what is asked for. */
function listsOf(made: Json): Readonly<Record<string, () => Promise<readonly Json[]>>> {
  const of = async (query: string) => await listOf(await v3("GET", `/activations?limit=100&sort=-createdAt${query}`));
  const file = async (query: string) => csvTable(await (await v3("GET", `/activations/export${query}`)).text());
  return {
    "the whole list": () => of(""),
    productId: () => of(`&productId=${String(made.productId)}`),
    licenseId: () => of(`&licenseId=${String(made.id)}`),
    userId: () => of(`&userId=${String(user.id)}`),
    "license.key": () => of(`&license.key=${String(made.key)}`),
    "/v3/me/activations": async () => {
      const answer = await ada?.app.call("GET", "/v3/me/activations?limit=100&sort=-createdAt", { token: ada.token });
      return answer === undefined ? [] : await listOf(answer);
    },
    "the file": () => file(""),
    "the file of a product": () => file(`?productId=${String(made.productId)}`),
    "the file of a license": () => file(`?licenseId=${String(made.id)}`),
  };
}

/** D1 hears of a change a moment after it was answered. */
async function agree(made: Json, ids: readonly string[]): Promise<Ends> {
  const ends = endsOf(await Promise.all(ids.map((id) => read(`/activations/${id}`))), ids);
  for (const [name, list] of Object.entries(listsOf(made)))
    await vi.waitFor(async () => expect({ [name]: endsOf(await list(), ids) }).toEqual({ [name]: ends }));
  return ends;
}

async function sold(members: Json): Promise<Json> {
  return await license({ validity: 10 * DAY, allowedActivations: 0, userId: user.id, ...members });
}

const CHANGES = {
  renew: (id: string) => v3("POST", `/licenses/${id}/renew`),
  extend: (id: string) => v3("POST", `/licenses/${id}/extend`, { body: { extensionLength: 3600 } }),
  "an end of its own": (id: string) =>
    v3("PATCH", `/licenses/${id}/expires-at`, { body: { expiresAt: "2040-02-03T04:05:06.000Z" } }),
  "no end": (id: string) => v3("PATCH", `/licenses/${id}/expires-at`, { body: { expiresAt: null } }),
} as const;

async function changed(made: Json, name: keyof typeof CHANGES): Promise<void> {
  await jsonOf(await CHANGES[name](String(made.id)), 200);
}

async function device(made: Json, name: string): Promise<string> {
  return (await activated(String(made.key), name)).sessionId;
}

const FIXED = { expirationStrategy: "immediate" };
const DELAYED = { expirationStrategy: "delayed" };
const ROLLING = { expirationStrategy: "rolling", validity: 0, subscriptionInterval: "P1M" };

describe("after a change of the license", () => {
  const all = Object.keys(CHANGES) as (keyof typeof CHANGES)[];
  const cases = [
    ...all.map((name) => ["immediate", name, FIXED] as const),
    ...all.map((name) => ["delayed", name, DELAYED] as const),
    ...(["renew", "extend"] as const).map((name) => ["rolling", name, ROLLING] as const),
  ];

  it.each(cases)(
    "MGMT-2: %s, %s: every list and the file tell the end that the activation has",
    async (_, name, terms) => {
      const made = await sold(terms);
      const ids = [await device(made, "one"), await device(made, "two")];
      const before = await agree(made, ids);
      await changed(made, name);
      const after = await agree(made, ids);
      for (const id of ids) expect(after.get(id)).not.toBe(before.get(id));
      ids.push(await device(made, "three"));
      await changed(made, name === "no end" ? "an end of its own" : "extend");
      await agree(made, ids);
    },
  );

  it("MGMT-2: of delayed, what was pending before the first activation", async () => {
    const made = await sold(DELAYED);
    await changed(made, "renew");
    await changed(made, "extend");
    const ids = [await device(made, "one")];
    const [end] = (await agree(made, ids)).values();
    expect(end).toBe((await read(`/licenses/${String(made.id)}`)).expiresAt);
    await changed(made, "renew");
    await agree(made, ids);
  });
});

describe("of rolling licenses", () => {
  it("EXP-6, MGMT-2: each has its own end, by the renewals since its birth", async () => {
    const made = await sold(ROLLING);
    await changed(made, "renew");
    const early = await device(made, "early");
    const first = (await agree(made, [early])).get(early);
    await changed(made, "renew");
    await changed(made, "extend");
    const late = await device(made, "late");
    const ends = await agree(made, [early, late]);
    expect(ends.get(early)).not.toBe(first);
    expect(ends.get(late)).not.toBe(ends.get(early));
  });

  it("EXP-3, MGMT-2: a device that comes back has the clock that it had, renewals meanwhile included", async () => {
    const made = await sold(ROLLING);
    const document = await activated(String(made.key), "device");
    await changed(made, "renew");
    const [before] = (await agree(made, [document.sessionId])).values();
    expect((await post(`/${document.sessionId}/check-out`, undefined, bearer(document))).status).toBe(200);
    await changed(made, "renew");
    const again = await device(made, "device");
    const [after] = (await agree(made, [again])).values();
    expect(Date.parse(String(after))).toBeGreaterThan(Date.parse(String(before)));
    await changed(made, "extend");
    await agree(made, [again]);
  });

  it("EXP-10, MGMT-2: without a period there is no end", async () => {
    const made = await sold({ expirationStrategy: "rolling", validity: 0 });
    const id = await device(made, "device");
    expect([...(await agree(made, [id])).values()]).toEqual([null]);
  });
});

describe("after D1 was set back", () => {
  it.each([
    ["immediate", FIXED],
    ["rolling", ROLLING],
  ])(
    "OPS-1, MGMT-2: %s: the object's comparison brings back the ends, of the license and of its activations",
    async (_, terms) => {
      const made = await sold(terms);
      const ids = [await device(made, "one")];
      await agree(made, ids);
      const before = await snapshot();
      await changed(made, "renew");
      ids.push(await device(made, "two"));
      const ends = await agree(made, ids);
      await setBack(before);
      const object = env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(made.id)) ?? ""));
      expect(await object.resync()).toMatchObject({ ok: true });
      await runInDurableObject(object, async (instance, { storage }) => {
        while ((await storage.getAlarm()) !== null && storage.sql.exec("SELECT 1 FROM outbox").toArray().length > 0)
          await instance.alarm();
      });
      expect(await agree(made, ids)).toEqual(ends);
    },
  );
});
