/**
 * Conditions on a license's state beside a reservation and a birth: what changes while D1 is asked (MGMT-3, KEY-2,
 * REF-1).
 */

import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Changed, LicensePatch, Reached } from "../../../src/domain/license/calls.ts";
import { licenseText } from "../../../src/domain/commands/if-match.ts";
import type { License, LicenseView } from "../../../src/domain/terms/license.ts";
import { readTerms } from "../../../src/domain/terms/stored-terms.ts";
import { SHOP, Stage, START } from "./stage.ts";

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.close());

const PERSON = { id: "person", email: "person@example.test", revision: 1 };

/** As the Worker computes it, of D1's copy. */
function tag(): string {
  const [row] = stage.d1.rows("SELECT id, key, revision, terms FROM licenses");
  const license = { ...row, terms: readTerms(String(row?.["terms"])) } as License;
  return createHash("sha256").update(licenseText(license)).digest("hex").slice(0, 32);
}

function patchIf(id: string, ifMatch: "*" | readonly string[], patch: LicensePatch): Promise<Reached<Changed>> {
  return stage.object.keeper.patch(id, { ...SHOP, ifMatch, patch });
}

async function view(id: string): Promise<LicenseView> {
  const seen = await stage.object.keeper.describe(id);
  if (seen.reached !== "license" || !seen.outcome.ok) throw new Error(JSON.stringify(seen));
  return seen.outcome.value;
}

function keys(): readonly unknown[] {
  return stage.d1.rows("SELECT key FROM license_keys ORDER BY key").map(({ key }) => key);
}

const FAILED = { reached: "license", outcome: { ok: false, refusal: { code: "precondition-failed" } } };
const MADE = { reached: "license", outcome: { ok: true } };

it.each([
  { what: "a key", patch: { key: "K2" } },
  { what: "a user", patch: { user: PERSON } },
])("MGMT-3: a change that reserves $what in D1 is not made if the license changes meanwhile", async ({ patch }) => {
  stage.d1.rows(
    "INSERT INTO users (id, email, email_folded, email_lower, metadata, revision, created_at, updated_at) VALUES (?, ?, ?, ?, '[]', 1, ?, ?)",
    ...[PERSON.id, PERSON.email, PERSON.email, PERSON.email, START, START],
  );
  const id = await stage.born();
  const reserving = patchIf(id, [tag()], patch);
  await stage.tick();
  expect(stage.d1.pending.length).toBe(1);
  const meanwhile = stage.object.keeper.patch(id, { ...SHOP, patch: { notes: "meanwhile" } });
  await stage.settle();
  expect([await reserving, await meanwhile]).toMatchObject([FAILED, MADE]);
  expect(await view(id)).toMatchObject({ key: "K1", terms: { notes: "meanwhile", user: null } });
  // What it reserved is free again with the next relay.
  for (let round = 0; round < 3; round += 1) await stage.ring();
  expect([keys(), stage.d1.rows("SELECT * FROM license_references")]).toEqual([[], []]);
  expect(stage.logged().filter((type) => type === "license.updated").length).toBe(1);
});

it("MGMT-3: a condition that does not hold asks D1 for nothing", async () => {
  const id = await stage.born();
  await stage.settle();
  const before = stage.calls;
  expect(await stage.settled(patchIf(id, ["0".repeat(32)], { key: "K2" }))).toMatchObject(FAILED);
  expect(stage.calls).toBe(before);
});

it("MGMT-3: of changes with one tag that all wait for a birth, one is made", async () => {
  const id = stage.unborn();
  const ifMatch = [tag()];
  const answers = [
    patchIf(id, ifMatch, { key: "K2" }),
    patchIf(id, ifMatch, { notes: "n" }),
    patchIf(id, ifMatch, { suspended: true }),
    stage.object.keeper.setExpiresAt(id, { ...SHOP, ifMatch, expiresAt: START }),
    stage.object.keeper.deleteLicense(id, { ...SHOP, ifMatch }),
  ];
  await stage.settle();
  // The first asks D1 for its key, while the second needs nothing.
  expect(await Promise.all(answers)).toMatchObject([FAILED, MADE, FAILED, FAILED, FAILED]);
  expect((await view(id)).terms).toMatchObject({ notes: "n", suspended: false, end: null });
});

it("MGMT-3: a renewal or an activation beside it is no reason to refuse", async () => {
  const id = await stage.born({ validity: 86_400 });
  const reserving = patchIf(id, [tag()], { key: "K2" });
  await stage.tick();
  const renewed = stage.object.keeper.renewLicense(id, {
    ...SHOP,
    from: "expiry",
    renewalReference: null,
    idempotency: null,
  });
  await stage.settle();
  expect([await reserving, await renewed]).toMatchObject([MADE, MADE]);
  expect(await view(id)).toMatchObject({ key: "K2", terms: { end: { anchorAt: START + 2 * 86_400_000 } } });
});
