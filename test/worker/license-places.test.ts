/** Where a license may be used, over HTTP (NET-1): each rule, the order of the checks, and what is kept of a place. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { activate as v3Activate, bodyOf, grantOf } from "../support/clients-v3.ts";
import { jsonOf, license, listOf, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { bearer, documentOf, post } from "../support/shop.ts";

type From = Readonly<Record<string, string>>;

/** In development `CF-IPCountry` is a tester's way to be elsewhere. */
const at = (country: string | null, address: string | null): From => ({
  ...(country === null ? {} : { "CF-IPCountry": country }),
  ...(address === null ? {} : { "CF-Connecting-IP": address }),
});
const BERLIN = at("DE", "203.0.113.7");

async function activate(key: unknown, from: From, more: object = {}, fingerprint = "device"): Promise<Response> {
  return await post("/license", { activationCode: key, fingerprint, ...more }, undefined, from);
}

async function patched(id: unknown, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/licenses/${id}`, { body }), 200);
}

const UNTOLD = {
  ...{ valid: false, standing: null, expiresAt: null, activated: null, sessionId: null, seats: null },
  ...{ features: null, baseFeatures: null, licensedProducts: null },
};

/** No rule. */
const OPEN: Json = {
  ...{ allowedCountries: [], disallowedCountries: [], allowVmActivation: true, allowContainerActivation: true },
  ...{ allowedIpAddresses: [], disallowedIpAddresses: [], allowedIpRanges: [] },
};

describe("each rule", () => {
  it("NET-1: lets in and refuses, and a check says the same and nothing besides", async () => {
    const { id, key } = await license({ allowedActivations: 0 });
    const rules: readonly (readonly [Json, From, object, string | null])[] = [
      [{ allowedCountries: ["de"] }, BERLIN, {}, null],
      [{ allowedCountries: ["AT"] }, BERLIN, {}, "country-not-allowed"],
      [{ allowedCountries: ["DE"] }, at("XX", "203.0.113.7"), {}, "country-not-allowed"],
      [{ allowedCountries: ["DE"] }, at("T1", "203.0.113.7"), {}, "country-not-allowed"],
      [{ disallowedCountries: ["DE"] }, BERLIN, {}, "country-not-allowed"],
      [{ allowedIpAddresses: ["203.0.113.7"] }, at(null, "::ffff:203.0.113.7"), {}, null],
      [{ allowedIpAddresses: ["203.0.113.8"] }, BERLIN, {}, "ip-address-not-allowed"],
      [{ allowedIpRanges: ["2001:DB8::/32"] }, at(null, "2001:db8:1::1"), {}, null],
      [{ allowedIpRanges: ["203.0.112.0/24"] }, at("DE", null), {}, "ip-address-not-allowed"],
      [{ disallowedIpAddresses: ["203.0.113.0/24"] }, at(null, "::ffff:cb00:7107"), {}, "ip-address-not-allowed"],
      [{ allowVmActivation: false }, BERLIN, { vmName: "vmware" }, "vm-not-allowed"],
      [{ allowContainerActivation: false }, BERLIN, { container: true }, "container-not-allowed"],
    ];
    let granted = 0;
    for (const [rule, from, said, code] of rules) {
      await patched(id, { ...OPEN, ...rule });
      const asked = { activationCode: key, fingerprint: `device ${granted}`, ...said };
      const answer = await jsonOf(await post("/check", asked, undefined, from), 200);
      if (code === null) {
        expect(answer).toMatchObject({ valid: true, code });
        await documentOf(await post("/license", asked, undefined, from));
        granted += 1;
      } else {
        expect(answer).toEqual({ ...UNTOLD, code, action: "contact-vendor", serverTime: expect.any(String) });
        const { action, detail } = await problemOf(await post("/license", asked, undefined, from), 403, code);
        expect(action).toBe("contact-vendor");
        // Who is let in elsewhere is the vendor's to know.
        expect(detail).not.toMatch(/\bAT\b|203\.0\.11[23]\.[08]/);
      }
    }
    expect(await read(`/licenses/${id}`)).toMatchObject({ totalActivations: granted });
  });

  it("NET-1: rules and refusals are counted, told and bound to: renewals go on, the device itself has to fit again", async () => {
    const { id, key } = await license({ type: "hosted-floating", allowedActivations: 2 });
    const document = await documentOf(await activate(key, BERLIN));
    const changed = await patched(id, { allowedCountries: ["AT"], allowedIpRange: "10.0.0.0/8" });
    expect(changed).toMatchObject({ allowedIpRange: "10.0.0.0/8", allowedIpRanges: ["10.0.0.0/8"] });
    await problemOf(await activate(key, BERLIN), 403, "country-not-allowed");
    await problemOf(await activate(key, at("AT", "203.0.113.7")), 403, "ip-address-not-allowed");
    await documentOf(await post(`/${document.sessionId}/renew`, {}, bearer(document), BERLIN));
    await jsonOf(await post(`/${document.sessionId}/check-in`, {}, bearer(document), BERLIN), 200);
    expect((await documentOf(await activate(key, at("AT", "10.1.2.3")))).sessionId).toBe(document.sessionId);
    const [event] = await listOf(await v3("GET", `/event-logs?resourceId=${id}&event=license.updated`));
    expect(event).toMatchObject({
      changes: {
        allowedCountries: { before: [], after: ["AT"] },
        allowedIpRanges: { before: [], after: ["10.0.0.0/8"] },
      },
    });
    // The list replaces the list; what was read can be sent back.
    const cleared = await patched(id, { ...changed, allowedIpRange: null, allowedIpRanges: [], allowedCountries: [] });
    expect(cleared).toMatchObject({ allowedCountries: [], allowedIpRange: null, allowedIpRanges: [] });
    await documentOf(await activate(key, at(null, null), {}, "another"));
    expect((await read(`/licenses/${id}/usage`)).days).toMatchObject([
      { denials: { "country-not-allowed": 1, "ip-address-not-allowed": 1 } },
    ]);
  });
});

describe("the order of the checks", () => {
  it("CHK-1, NET-1: of two faults the earlier one is told, in the words of either API, at v3's sync too", async () => {
    const sold = await license({ allowedActivations: 2 });
    const { aid } = await grantOf(sold);
    await patched(sold.id, {
      ...{ allowedCountries: ["AT"], disallowedIpAddresses: ["203.0.113.7"], allowVmActivation: false },
      ...{ allowContainerActivation: false, requireAuthentication: true, suspended: true },
    });
    const said = { vmName: "vm", container: true };
    const refused = async (code: string, status = 403, authorization?: string, more: object = {}) => {
      const body = { activationCode: sold.key, fingerprint: "a device", ...said, ...more };
      await problemOf(await post("/license", body, authorization, BERLIN), status, code);
    };
    await refused("invalid-request", 400, "Bearer junk", { fingerprint: " " });
    await refused("credentials-invalid", 401, "Bearer junk");
    await refused("license-suspended");
    const other = { productId: crypto.randomUUID(), ...said };
    await problemOf(await v3Activate(sold, other, BERLIN), 400, "INVALID_PRODUCT_ID");
    const body = bodyOf(sold, said);
    for (const [change, code, v3Code] of [
      [{ suspended: false }, "country-not-allowed", "COUNTRY_NOT_ALLOWED"],
      [{ allowedCountries: [] }, "ip-address-not-allowed", "IP_ADDRESS_NOT_ALLOWED"],
      [{ disallowedIpAddresses: [] }, "vm-not-allowed", "VM_ACTIVATION_NOT_ALLOWED"],
      [{ allowVmActivation: true }, "container-not-allowed", "CONTAINER_ACTIVATION_NOT_ALLOWED"],
      [{ allowContainerActivation: true }, "authentication-required", "AUTHENTICATION_FAILED"],
    ] as const) {
      await patched(sold.id, change);
      await refused(code);
      const { action } = await problemOf(await v3Activate(sold, said, BERLIN), 400, v3Code);
      expect(action).toBe(code === "authentication-required" ? "sign-in" : "contact-vendor");
      const sync = await v3("PATCH", `/activations/${aid}`, { token: null, body, headers: BERLIN });
      await problemOf(sync, 400, v3Code);
    }
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 1 });
  });
});

describe("what is kept of a place", () => {
  it("NET-1: under disableGeoLocation neither address nor country, in no store, and what there was goes", async () => {
    const { id, key } = await license({ allowedActivations: 2 });
    const { sessionId } = await documentOf(await activate(key, BERLIN));
    const shown = async () => (await read(`/activations/${sessionId}`)).location;
    expect(await shown()).toMatchObject({ ipAddress: "203.0.113.7", countryCode: "DE" });
    await patched(id, { disableGeoLocation: true });
    await documentOf(await activate(key, BERLIN));
    expect(await shown()).toMatchObject({ ipAddress: null, countryCode: null });
    const other = await documentOf(await activate(key, at("FR", "198.51.100.9"), {}, "another"));
    expect(await read(`/activations/${other.sessionId}`)).toMatchObject({ location: { ipAddress: null } });
    const stored = await env.DB.prepare("SELECT facts FROM activations WHERE id = ?").bind(other.sessionId).first();
    expect(JSON.stringify(stored)).not.toMatch(/198\.51\.100\.9|FR/);
  });
});
