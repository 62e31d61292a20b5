/**
 * Objects that another version has written, met over HTTP: an older one's terms, and a newer one's after a rollback.
 */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readTerms } from "../../src/domain/terms/stored-terms.ts";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { jsonOf, v3 } from "../support/management.ts";
import { activated, bearer, documentOf, newFloating, post, type Document } from "../support/shop.ts";

type Terms = Record<string, unknown>;

/**
 * What the terms of a made-up older version lack. After 1.0.0, a further member is added with the rule that brings it.
 */
const CAME_LATER = ["user", "expiringSoonEventOffset", "tags", "requiredMetadataKeys"];

interface Written {
  readonly license: LicenseView;
  readonly document: Document;
}

function objectOf({ id }: LicenseView) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(id) ?? ""));
}

/**
 * A license with one activation, whose object and its row in D1 hold the terms as another version would have written
 * them.
 */
async function writtenWith(change: (terms: Terms) => Terms): Promise<Written> {
  const license = await newFloating(2, { validity: 86_400 });
  const document = await activated(license.key, "device");
  await runInDurableObject(objectOf(license), (_, { storage }) => {
    const { terms } = storage.sql.exec<{ terms: string }>("SELECT terms FROM license").one();
    storage.sql.exec("UPDATE license SET terms = ?", JSON.stringify(change({ ...readTerms(terms) })));
  });
  await evictDurableObject(objectOf(license));
  return { license, document };
}

async function storedTerms(license: LicenseView): Promise<Terms> {
  return await runInDurableObject(objectOf(license), (_, { storage }) => {
    const { terms } = storage.sql.exec<{ terms: string }>("SELECT terms FROM license").one();
    return { ...readTerms(terms) };
  });
}

/** Every call that an object answers, each changing or showing what it must. */
async function worksThroughout({ license, document }: Written): Promise<void> {
  const renewed = await documentOf(await post(`/${document.sessionId}/renew`, undefined, bearer(document)));
  expect(renewed.sessionId).toBe(document.sessionId);
  expect((await activated(license.key, "device")).sessionId).toBe(document.sessionId);
  const other = await activated(license.key, "another");
  expect((await post(`/${other.sessionId}/check-in`, undefined, bearer(other))).status).toBe(200);
  expect((await post(`/${other.sessionId}/check-out`, undefined, bearer(other))).status).toBe(200);
  const patched = await v3("PATCH", `/licenses/${license.id}`, { body: { allowedActivations: 7 } });
  expect(await jsonOf(patched, 200)).toMatchObject({ allowedActivations: 7, user: null });
  const offset = await v3("PATCH", `/licenses/${license.id}`, { body: { expiringSoonEventOffset: 60 } });
  expect(await jsonOf(offset, 200)).toMatchObject({ expiringSoonEventOffset: 60 });
  const longer = await jsonOf(await v3("POST", `/licenses/${license.id}/renew`), 200);
  expect(Date.parse(String(longer.expiresAt))).toBe(license.terms.createdAt + 2 * 86_400_000);
  expect(await jsonOf(await v3("GET", `/licenses/${license.id}`), 200)).toEqual(longer);
}

describe("an object that an older version has written", () => {
  it("MGMT-2: works throughout without the members of the terms that came later", async () => {
    const written = await writtenWith((terms) =>
      Object.fromEntries(Object.entries(terms).filter(([name]) => !CAME_LATER.includes(name))),
    );
    await worksThroughout(written);
    expect((await v3("DELETE", `/licenses/${written.license.id}`)).status).toBe(204);
  });

  it("ID-5: so does a license in D1 that its object has yet to take over", async () => {
    const license = await newFloating(2, { validity: 86_400 });
    const paths = CAME_LATER.map((name) => `'$.${name}'`).join(", ");
    await env.DB.prepare(`UPDATE licenses SET terms = json_remove(terms, ${paths}) WHERE id = ?`)
      .bind(license.id)
      .run();
    expect(await jsonOf(await v3("GET", `/licenses/${license.id}`), 200)).toMatchObject({ user: null });
    await worksThroughout({ license, document: await activated(license.key, "device") });
  });
});

describe("an object that a newer version has written, after a rollback", () => {
  it("MGMT-2: works throughout, shows nothing of what it does not know, and keeps it", async () => {
    const tomorrow = { ofTheFuture: { kept: [7] } };
    const written = await writtenWith((terms) => ({ ...terms, ...tomorrow }));
    await worksThroughout(written);
    expect(await storedTerms(written.license)).toMatchObject({ allowedActivations: 7, ...tomorrow });
    const shown = await (await v3("GET", `/licenses/${written.license.id}`)).text();
    expect(shown).not.toContain("ofTheFuture");
  });
});
