/** `POST /check` over HTTP: every kind of answer (CALL-2). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { created, jsonOf, license, mint, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { appWith } from "../support/signed-in-app.ts";

const provider = await newProvider({
  ada: { email: "ada@acme.test", email_verified: true },
  grace: { email: "grace@acme.test", email_verified: true },
  support: { email: "help@acme.test", email_verified: true, roles: ["support"] },
});
const app = appWith(provider.issuer);

async function tokenOf(name: string): Promise<string> {
  return (await provider.tokens(name)).access_token;
}

async function licenseOfAda(members: Json): Promise<{ readonly key: string; readonly id: string }> {
  const { id: userId } = await created("/users", { firstName: "Ada", email: "ada@acme.test" });
  const made = await license({ userId, ...members });
  return { key: String(made.key), id: String(made.id) };
}

describe("asking before", () => {
  const NOTHING = {
    valid: false,
    code: null,
    action: null,
    standing: null,
    expiresAt: null,
    activated: null,
    baseFeatures: null,
    sessionId: null,
    seats: null,
    features: null,
    licensedProducts: null,
  };

  it("CALL-2: tells whether an activation would be granted, to each caller what is theirs, and leaves nothing behind", async () => {
    const { key, id } = await licenseOfAda({
      allowedActivations: 2,
      type: "hosted-floating",
      validity: 86_400,
    });
    const { productId, expiresAt } = await read(`/licenses/${id}`);
    const ask = async (token?: string, more: object = {}) =>
      await app.call("POST", "/api/v1/activations/check", {
        token,
        headers: { "Idempotency-Key": "\u0007" },
        body: { activationCode: key, fingerprint: "device", email: "example", ...more },
      });
    const told = async (token?: string, more: object = {}) => {
      const { serverTime, ...others } = await jsonOf(await ask(token, more), 200);
      expect(Math.abs(Date.parse(String(serverTime)) - Date.now())).toBeLessThan(60_000);
      return others;
    };
    const yes = {
      ...NOTHING,
      valid: true,
      standing: "active",
      expiresAt,
      ...{ features: {}, baseFeatures: {} },
      licensedProducts: [productId],
    };
    const [ada, grace] = [await tokenOf("ada"), await tokenOf("grace")];
    const email = undefined;

    // Nobody has used the license: it stays unborn.
    const before = await rowCounts();
    expect(await told()).toEqual({ ...yes, activated: false });
    expect(await told(undefined, { fingerprint: null, activationCode: ` ${key.toLowerCase()}\u200b` })).toEqual(yes);
    expect(await told(ada, { email })).toEqual({ ...yes, activated: false, seats: { limit: 2, used: 0 } });
    expect(await told(grace, { email })).toEqual({ ...NOTHING, code: "wrong-user", action: "sign-in" });
    const rows = env.DB.prepare("SELECT fence, born_at AS bornAt FROM licenses WHERE id = ?").bind(id);
    expect([await rowCounts(), await rows.first()]).toEqual([before, { fence: 0, bornAt: null }]);

    const { sessionId } = await app.activated(key, ada);
    const own = await app.activated(key, undefined, { fingerprint: "anonymous" });
    const seats = { limit: 2, used: 2 };
    const usage = await read(`/licenses/${id}/usage`);
    expect(await told(ada, { email })).toEqual({ ...yes, activated: true, sessionId, seats });
    expect(await told()).toEqual({ ...yes, valid: false, code: "device-already-activated", action: "contact-vendor" });
    const full = { ...yes, valid: false, code: "seats-exhausted", action: "wait" };
    expect(await told(undefined, { fingerprint: undefined })).toEqual(full);
    expect(await told(own.licenseToken, { fingerprint: "new" })).toEqual({ ...full, activated: false, seats });
    expect(await told(await mint(["license:read"]), { fingerprint: "new" })).toMatchObject({
      code: "seats-exhausted",
      seats,
    });
    expect(await told(await mint(["activation:write"]), { fingerprint: "new" })).toMatchObject({ seats: null });
    for (const [members, code, standing] of [
      [{ suspended: true }, "license-suspended", "suspended"],
      [{ effectiveDate: "2999-01-01T00:00:00Z" }, "license-not-yet-effective", "not-yet-effective"],
      [{ revoked: true }, "license-revoked", "revoked"],
    ] as const) {
      await jsonOf(await v3("PATCH", `/licenses/${id}`, { body: members }), 200);
      const action = code === "license-not-yet-effective" ? "wait" : "contact-vendor";
      expect(await told(ada, { email })).toEqual({ ...NOTHING, code, action, standing, expiresAt });
    }
    expect((await read(`/licenses/${id}/usage`)).days).toEqual(usage.days);

    expect(
      pointersOf(await problemOf(await ask(undefined, { activationCode: undefined }), 400, "invalid-request")),
    ).toEqual(["/activationCode"]);
    expect(pointersOf(await problemOf(await ask(undefined, { fingerprint: " " }), 400, "invalid-request"))).toEqual([
      "/fingerprint",
    ]);
    await problemOf(await ask(undefined, { activationCode: "\u200b" }), 400, "malformed-activation-code");
    await problemOf(await ask(ada), 400, "email-mismatch");
    await problemOf(await ask("junk"), 401, "credentials-invalid");
    await problemOf(await ask(undefined, { activationCode: "nobody's" }), 404, "activation-code-unknown");
  });
});
