/** The recovery of docs/operations.md, as an operator does it: D1 an hour older, and D1 emptied (OPS-1). */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { report } from "../../scripts/resync-report.ts";
import {
  licensesOfD1,
  MARK_ALL_AS_BORN,
  resyncAll,
  type Call,
  type Ids,
  type Summary,
} from "../../scripts/resync-run.ts";
import { openWith, ROOT_SECRET } from "../support/bindings.ts";
import { expectFacetsTrue } from "../support/facets.ts";
import { created, jsonOf, license, mint, productId, v3, type Json } from "../support/management.ts";
import { handedOver, held, objectIds, shown } from "../support/objects.ts";
import { problemOf } from "../support/problems.ts";
import { NOTHING, setBack, snapshot, type Snapshot } from "../support/set-back.ts";
import { activated, bearer, post, tryActivate, type Document } from "../support/shop.ts";

const FLOATING = { type: "hosted-floating", leaseDuration: 86_400 } as const;

/** Licenses by what happens to them. */
type Shelf = Record<
  "unborn" | "bornSince" | "full" | "renamed" | "referenced" | "givenBack" | "revoked" | "deleted" | "deletedUnborn",
  Json
>;
type Since = Record<"born" | "unborn" | "ofNewProduct" | "referenced", Json>;

let shelf: Shelf;
let since: Since;
let earlier: Snapshot;
const sessions = new Map<string, Document>();
const names = { product: "", newProduct: "", user: "", newUser: "" };

async function activate(of: Json, device: string): Promise<void> {
  sessions.set(device, await activated(String(of.key), device));
}

async function patch(of: Json, body: Json): Promise<void> {
  Object.assign(of, await jsonOf(await v3("PATCH", `/licenses/${of.id}`, { body }), 200));
}

/** What the shop sold before the snapshot. */
async function stock(): Promise<void> {
  names.product = await productId();
  names.user = String((await created("/users", { email: "ada@example.test" })).id);
  const sold = async (members: Json = {}) => await license({ productId: names.product, ...members });
  shelf = {
    unborn: await sold(),
    bornSince: await sold({ allowedActivations: 1 }),
    full: await sold({ ...FLOATING, allowedActivations: 2 }),
    renamed: await sold({ key: "FIRST-KEY" }),
    referenced: await sold({ externalReference: "order 1", userId: names.user }),
    givenBack: await sold({ ...FLOATING, allowedActivations: 3 }),
    revoked: await sold(),
    deleted: await sold(),
    deletedUnborn: await sold(),
  };
  await activate(shelf.full, "full 1");
  await activate(shelf.renamed, "renamed 1");
  await patch(shelf.renamed, { key: "SECOND-KEY" });
  await patch(shelf.referenced, { notes: "born" });
  await activate(shelf.givenBack, "given back 1");
  await activate(shelf.givenBack, "given back 2");
  await activate(shelf.revoked, "revoked 1");
  await activate(shelf.deleted, "deleted 1");
}

/** The hour that D1 is going to forget. */
async function hour(): Promise<void> {
  names.newProduct = await productId();
  names.newUser = String((await created("/users", { email: "grace@example.test" })).id);
  since = {
    born: await license({ ...FLOATING, productId: names.product, allowedActivations: 1 }),
    unborn: await license({ productId: names.product, externalReference: "order 3" }),
    ofNewProduct: await license({ productId: names.newProduct }),
    referenced: await license({ productId: names.product, externalReference: "order 2" }),
  };
  await activate(shelf.bornSince, "born since 1");
  await activate(shelf.full, "full 2");
  await patch(shelf.renamed, { key: "THIRD-KEY" });
  await patch(shelf.referenced, { userId: names.newUser });
  const gone = sessions.get("given back 1");
  if (gone === undefined) throw new Error("nobody has it");
  expect((await post(`/${gone.sessionId}/check-out`, undefined, bearer(gone))).status).toBe(200);
  await patch(shelf.revoked, { revoked: true });
  for (const of of [shelf.deleted, shelf.deletedUnborn]) {
    expect((await v3("DELETE", `/licenses/${of.id}`)).status).toBe(204);
  }
  await activate(since.born, "born 1");
  await activate(since.ofNewProduct, "new product 1");
  await activate(since.referenced, "referenced 1");
}

function callWith(token: string): Call {
  return async (method, path, body) => await jsonOf(await v3(method, path, { token, body }), 200);
}

/** What `--from-account` asks: the platform's list first, then what D1 knows of. */
async function everything(token: string): Promise<readonly Ids[]> {
  return [await objectIds(), licensesOfD1(callWith(token))];
}

const noPause = async () => {};

async function recover(token: string, ids: readonly Ids[]): Promise<Summary> {
  await env.DB.exec(MARK_ALL_AS_BORN);
  const summary = await resyncAll(callWith(token), ids, noPause);
  console.log(report(summary));
  return summary;
}

/** D1 says what the objects say, and they say what they said. */
async function agrees(before: Awaited<ReturnType<typeof held>>): Promise<void> {
  const now = await held();
  expect(now).toEqual(before);
  expect(await shown(now.keys())).toEqual(now);
  await expectFacetsTrue();
}

/** No seat is sold twice, and nothing deleted opens. */
async function sellsNothingTwice(): Promise<void> {
  for (const [of, device] of [
    [shelf.full, "full 3"],
    [shelf.bornSince, "another"],
    [since.born, "another"],
  ] as const) {
    await problemOf(await tryActivate(String(of.key), device), 409, "seats-exhausted");
  }
  for (const of of [shelf.deleted, shelf.deletedUnborn]) {
    await problemOf(await tryActivate(String(of.key), "device"), 404, "activation-code-unknown");
  }
  await problemOf(await tryActivate(String(shelf.revoked.key), "revoked 1"), 403, "license-revoked");
  await problemOf(await tryActivate("SECOND-KEY", "device"), 404, "activation-code-unknown");
}

beforeAll(async () => {
  await stock();
  await handedOver();
  earlier = await snapshot();
  await hour();
  await handedOver();
});

describe("D1 set back by an hour", () => {
  it("OPS-1: resync brings licenses, keys and activations back, and neither sells nor revives anything", async () => {
    const token = await mint(["*"]);
    const before = await held();
    const tokens = env.DB.prepare("SELECT * FROM access_tokens ORDER BY id");
    const { results: minted } = await tokens.all();
    await setBack(new Map([...earlier, ["access_tokens", minted as never]]));
    const summary = await recover(token, await everything(token));

    expect(summary.drift).toEqual([]);
    await agrees(before);
    await sellsNothingTwice();
    // Those of the hour, with five activations, the keys that they came with, and a key that was given since.
    expect(summary).toMatchObject({ restored: 3, revived: 2, keys: 4, ended: 2 });
    expect(summary.activations).toBe(5);
    const reference = "SELECT license_id FROM external_references WHERE reference = 'order 2'";
    expect(await env.DB.prepare(reference).first("license_id")).toBe(since.referenced.id);
    // A license that was never used goes on as it was.
    expect(await jsonOf(await v3("GET", `/licenses/${shelf.unborn.id}`, { token }), 200)).toEqual(shelf.unborn);

    // Sessions of the hour go on, and those that it ended stay ended.
    for (const [device, status] of [
      ["full 2", 200],
      ["born 1", 200],
      ["given back 2", 200],
      ["given back 1", 404],
      ["deleted 1", 404],
    ] as const) {
      const session = sessions.get(device);
      if (session === undefined) throw new Error(`${device} has no session`);
      expect((await post(`/${session.sessionId}/renew`, undefined, bearer(session))).status, device).toBe(status);
    }

    // What could not come back.
    const told = report(summary);
    expect(summary.missing.map(({ licenseId }) => licenseId).toSorted()).toEqual(
      [String(shelf.referenced.id), String(since.ofNewProduct.id)].toSorted(),
    );
    expect(told).toContain(`product ${names.newProduct} is gone: license ${since.ofNewProduct.id}`);
    expect(told).toContain(`user ${names.newUser} is gone: license ${shelf.referenced.id}`);
    await problemOf(await v3("GET", `/licenses/${since.unborn.id}`, { token }), 404, "NOT_FOUND");
    await problemOf(await tryActivate(String(since.unborn.key), "device"), 404, "activation-code-unknown");
    // The shop sends that hour's orders again.
    const again = await v3("POST", "/licenses", {
      token,
      body: { productId: names.product, externalReference: "order 2" },
    });
    expect(await jsonOf(again, 200)).toMatchObject({ id: since.referenced.id });
    await activated(String(shelf.unborn.key), "device");
  });

  it("OPS-1: the second time there is nothing to do, and nothing is written", async () => {
    const token = await mint(["*"]);
    await handedOver();
    // But that the token was used.
    const written = async () => [...(await snapshot())].filter(([table]) => table !== "access_tokens");
    const before = await written();
    const summary = await resyncAll(callWith(token), await everything(token), noPause);
    expect(summary).toMatchObject({ restored: 0, updated: 0, keys: 0, activations: 0, revived: 0, drift: [] });
    expect(await written()).toEqual(before);
  });

  it("OPS-1: by the ids that D1 has left, all comes back but what it forgot whole", async () => {
    const token = await mint(["*"]);
    await handedOver();
    const before = await held();
    const { results: minted } = await env.DB.prepare("SELECT * FROM access_tokens").all();
    await setBack(new Map([...earlier, ["access_tokens", minted as never]]));
    const summary = await recover(token, [licensesOfD1(callWith(token))]);
    expect(summary.drift).toEqual([]);
    const now = await shown(before.keys());
    const forgotten = [...before.keys()].filter((id) => !now.has(id));
    const ofTheHour = [since.born, since.ofNewProduct, since.referenced].map(({ id }) => String(id));
    expect(forgotten.toSorted()).toEqual(ofTheHour.toSorted());
    expect(now).toEqual(new Map([...before].filter(([id]) => now.has(id))));
    await sellsNothingTwice();
    // Asked for, such a license is found all the same.
    const resynced = await v3("POST", "/recovery/resync", { token, body: { objects: forgotten } });
    expect(await jsonOf(resynced, 200)).toMatchObject({
      objects: forgotten.map((id) => ({ licenseId: id, state: "level" })),
    });
    await agrees(before);
  });
});

describe("D1 emptied", () => {
  it("OPS-1, CFG-1: resync brings licenses, keys and activations back, and neither sells nor revives anything", async () => {
    await handedOver();
    const before = await held();
    const deployed = await env.DB.prepare("SELECT * FROM deployment").first();
    await setBack(NOTHING);
    // A fresh isolate records the deployment anew, under another id: the export's row is to be put back.
    const opened = await openWith({ ROOT_SECRET });
    expect(opened.ok && opened.deployment.id).not.toBe(deployed?.["id"]);
    const token = await mint(["*"]);
    const summary = await recover(token, await everything(token));

    expect(summary.drift).toEqual([]);
    expect(summary).toMatchObject({ restored: before.size, revived: 0 });
    expect(summary.keys).toBe([...before.values()].reduce((sum, { keys }) => sum + keys.length, 0));
    expect(summary.activations).toBe(
      [...before.values()].reduce((sum, { activations }) => sum + activations.length, 0),
    );
    await agrees(before);
    await sellsNothingTwice();
    expect(report(summary)).toContain(`product ${names.product} is gone: license `);
    const remembered = await env.DB.prepare("SELECT id FROM deleted_licenses ORDER BY id").all();
    expect(remembered.results.map(({ id }) => id)).toEqual(
      [shelf.deleted.id, shelf.deletedUnborn.id].map(String).toSorted(),
    );
  });
});
