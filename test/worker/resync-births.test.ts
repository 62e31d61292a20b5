/** A row that a restore shows as never used (0015-resync.md): the object, not the row, says whether it may be born. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { MARK_ALL_AS_BORN } from "../../scripts/resync-run.ts";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { fullToken, jsonOf, license, productId, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { setBack, snapshot } from "../support/set-back.ts";
import { activated, tryActivate } from "../support/shop.ts";
import { appWith } from "../support/signed-in-app.ts";

let sold: Record<"used" | "deleted" | "neverUsed" | "lost", Json>;

function objectOf({ id }: Json) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(id)) ?? ""));
}

async function rowOf({ id }: Json) {
  return await env.DB.prepare("SELECT fence, born_at IS NOT NULL AS marked FROM licenses WHERE id = ?")
    .bind(id)
    .first();
}

beforeAll(async () => {
  await fullToken();
  const product = await productId();
  const one = async () => await license({ productId: product, allowedActivations: 1 });
  sold = { used: await one(), deleted: await one(), neverUsed: await one(), lost: await one() };
  const earlier = await snapshot();
  await activated(String(sold.used.key), "first");
  await activated(String(sold.lost.key), "first");
  expect((await v3("DELETE", `/licenses/${sold.deleted.id}`)).status).toBe(204);
  await setBack(earlier);
  await env.DB.exec(MARK_ALL_AS_BORN);
});

describe("a row with fence 0 after a restore", () => {
  it("OPS-1, SEAT-1: of a license that was used since opens no second seat, and is read from its object", async () => {
    expect(await rowOf(sold.used)).toEqual({ fence: 0, marked: 1 });
    expect(await jsonOf(await v3("GET", `/licenses/${sold.used.id}`), 200)).toMatchObject({ totalActivations: 1 });
    await problemOf(await tryActivate(String(sold.used.key), "second"), 409, "seats-exhausted");
  });

  it("OPS-1, DEL-1: of a license that was deleted since opens nothing", async () => {
    await problemOf(await tryActivate(String(sold.deleted.key), "first"), 404, "activation-code-unknown");
    await problemOf(await v3("PATCH", `/licenses/${sold.deleted.id}`, { body: { notes: "n" } }), 404, "NOT_FOUND");
  });

  it("OPS-1, ID-5: of a license that was never used is the license, and is born as ever", async () => {
    expect(await rowOf(sold.neverUsed)).toEqual({ fence: 0, marked: 1 });
    expect(await jsonOf(await v3("GET", `/licenses/${sold.neverUsed.id}`), 200)).toEqual(sold.neverUsed);
    await activated(String(sold.neverUsed.key), "first");
    await problemOf(await tryActivate(String(sold.neverUsed.key), "second"), 409, "seats-exhausted");
  });

  it("OPS-1: whose object is lost, too, starts afresh: two disasters at once are not covered", async () => {
    await runInDurableObject(objectOf(sold.lost), (_, { storage }) => storage.deleteAll());
    await evictDurableObject(objectOf(sold.lost));
    await activated(String(sold.lost.key), "second");
  });
});

describe("licenses whose product is gone", () => {
  it("OPS-1: are refused by their seats where they are full, and 503 where nothing can be signed", async () => {
    await env.DB.exec("DELETE FROM products; DELETE FROM signing_keys;");
    const fresh = appWith("http://127.0.0.1:1", { ROOT_SECRET });
    await problemOf(
      await fresh.activate(String(sold.used.key), undefined, { fingerprint: "second" }),
      409,
      "seats-exhausted",
    );
    await problemOf(
      await fresh.activate(String(sold.used.key), undefined, { fingerprint: "first" }),
      503,
      "storage-unavailable",
    );
  });
});
