/** SNAP-1: licenses that come to a user while a change of the user's e-mail is on its way. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { licenseEnd } from "../../src/domain/terms/expiry.ts";
import { idWithLocator, locatorOf } from "../../src/domain/terms/identifier.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { carryEmails } from "../../src/operations/upkeep/carry-emails.ts";
import { patchLicense } from "../../src/operations/license/change-license.ts";
import { eventOf } from "../../src/operations/record.ts";
import { insertLicense } from "../support/insert-license.ts";
import { deployment, newLicense } from "../support/shop.ts";
import { along, emailOf, job, newUser, rename, SHOP } from "../support/user-emails.ts";

const HOUR = 3_600_000;

describe("licenses that come to the user while the job runs", () => {
  it("SNAP-1: one created and one assigned in the middle of it have the newest e-mail", async () => {
    const user = await newUser();
    await newLicense({ userId: user.id });
    const assigned = await newLicense();
    const fresh: LicenseView[] = [];
    await rename(user, "race@example.test");
    const stores = await along(async () => {
      if (fresh.length === 0) {
        fresh.push(await newLicense({ userId: user.id }));
        await patchLicense(await deployment(), assigned.id, { userId: user.id }, SHOP);
      }
      return "go on";
    });
    await carryEmails(stores, Date.now() + HOUR);
    for (const license of [assigned, ...fresh]) expect(await emailOf(license)).toBe("race@example.test");
    expect(fresh.length).toBe(1);
  });

  it("SNAP-1: an object commits the e-mail of its reservation, not the older one that the Worker read", async () => {
    const user = await newUser();
    const license = await newLicense();
    await rename(user, "newer@example.test");
    await carryEmails(await deployment(), Date.now() + HOUR);
    expect(await job(user)).toBeNull();
    const { id, email, revision } = user;
    const { licenses } = await deployment();
    const patch = { user: { id, email, revision } };
    await licenses.at(locatorOf(license.id) ?? "").patch(license.id, { ...SHOP, patch });
    expect(await emailOf(license)).toBe("newer@example.test");
  });

  it("SNAP-1: a reservation older than the change keeps the job going until a relay has settled it", async () => {
    const user = await newUser();
    const license = await newLicense();
    const reserve = env.DB.prepare("INSERT INTO license_references (license_id, target_id) VALUES (?, ?)");
    await reserve.bind(license.id, user.id).run();
    await rename(user, "settled@example.test");
    await carryEmails(await deployment(), Date.now() + 1);
    expect(await job(user)).toMatchObject({ attempts: 1 });
    // The object commits; its relay says so, and takes the reservation away.
    await patchLicense(await deployment(), license.id, { userId: user.id }, SHOP);
    await carryEmails(await deployment(), Date.now() + HOUR);
    expect(await emailOf(license)).toBe("settled@example.test");
    expect(await job(user)).toBeNull();
  });

  it("SNAP-1: a creation with an e-mail that has changed since is not written", async () => {
    const user = await newUser();
    const model = await newLicense({ userId: user.id });
    await rename(user, "changed@example.test");
    const random = crypto.getRandomValues(new Uint8Array(8));
    const stale = { ...model, id: idWithLocator("0123456789abcde", random), key: "STALE" };
    const event = eventOf({ type: "license.created", subjectId: stale.id, changes: {}, data: {} }, SHOP, Date.now());
    const insert = async (terms: LicenseView["terms"]) =>
      await insertLicense(env.DB, { ...stale, terms }, { expiresAt: licenseEnd(terms.end) }, event);
    expect(await insert(model.terms)).toEqual({ created: false, why: "user-changed" });
    const unknown = { id: crypto.randomUUID(), email: user.email, revision: user.revision };
    expect(await insert({ ...model.terms, user: unknown })).toEqual({ created: false, why: "user-unknown" });
    const written =
      "SELECT (SELECT count(*) FROM licenses WHERE id = ?1) + (SELECT count(*) FROM license_keys WHERE key = ?2) AS n";
    expect(await env.DB.prepare(written).bind(stale.id, stale.key).first("n")).toBe(0);
  });
});
