/** Whose session it is (AUTH-2, AUTH-3, AUTH-5), and the order in which the calls on a session refuse (STAND-4). */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import {
  activated,
  bearer,
  change,
  look,
  manager,
  newFloating,
  newLicense,
  post,
  remove,
  renewTerm,
  tryActivate,
  type Document,
} from "../support/shop.ts";

type Call = (sessionId: string, authorization?: string, body?: object) => Promise<Response>;

const renew: Call = (id, authorization, body) => post(`/${id}/renew`, body, authorization);
const checkIn: Call = (id, authorization, body) => post(`/${id}/check-in`, body, authorization);
const checkOut: Call = (id, authorization) => post(`/${id}/check-out`, undefined, authorization);
const CALLS: readonly [string, Call][] = [
  ["renew", renew],
  ["check-in", checkIn],
  ["check-out", checkOut],
  ["GET", look],
];

const DAY = 86_400_000;

async function session(
  given: Parameters<typeof newFloating>[1] = {},
): Promise<{ license: LicenseView; document: Document }> {
  const license = await newFloating(5, given);
  return { license, document: await activated(license.key) };
}

async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  vi.setSystemTime(Date.now() + ms);
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

describe("the owner of an anonymous session", () => {
  for (const [name, call] of CALLS) {
    it(`AUTH-3, AUTH-5: ${name} takes the session's own license token and nobody else's`, async () => {
      const { license, document } = await session();
      const other = await activated(license.key, "other device");
      expect((await problemOf(await call(document.sessionId, bearer(other)), 401, "not-session-owner")).action).toBe(
        "sign-in",
      );
      await problemOf(await call(document.sessionId, bearer((await session()).document)), 401, "not-session-owner");
      await problemOf(await call(document.sessionId), 401, "credentials-required");
      expect((await call(document.sessionId, bearer(document))).status).toBe(200);
    });

    it(`AUTH-3: ${name} takes a management token with activation:write, and not one without`, async () => {
      const { document } = await session();
      await problemOf(
        await call(document.sessionId, await manager("license:read", "activation:read")),
        401,
        "not-session-owner",
      );
      expect((await call(document.sessionId, await manager("activation:write"))).status).toBe(200);
    });
  }

  it("AUTH-3: `*` is activation:write too", async () => {
    const { document } = await session();
    expect((await renew(document.sessionId, await manager("*"))).status).toBe(200);
  });

  it("AUTH-3: a revoked management token is no credential", async () => {
    const { document } = await session();
    const token = await manager("*");
    await env.DB.prepare("UPDATE access_tokens SET revoked = 1").run();
    await problemOf(await renew(document.sessionId, token), 401, "credentials-invalid");
  });

  it("AUTH-5: the license token does not expire as a credential", async () => {
    const { document } = await session({
      leaseDuration: 400 * 86_400,
      serverSyncInterval: 60,
      serverSyncGracePeriod: 60,
    });
    const answer = await later(300 * DAY, () => renew(document.sessionId, bearer(document)));
    expect(answer.status).toBe(200);
  });

  it("AUTH-5: a token that was signed by nobody of ours, or changed, is 401", async () => {
    const { document } = await session();
    const [header = "", payload = "", signature = ""] = document.licenseToken.split(".");
    const changed = btoa(
      atob(payload.replaceAll("-", "+").replaceAll("_", "/")).replace(document.sessionId, crypto.randomUUID()),
    );
    const forgeries = [
      `${header}.${changed.replaceAll("=", "")}.${signature}`,
      `${header}.${payload}.${"A".repeat(86)}`,
      `${header}.${payload}.`,
    ];
    for (const forged of forgeries) {
      await problemOf(await renew(document.sessionId, `Bearer ${forged}`), 401, "credentials-invalid");
    }
  });
});

describe("credentials at activation", () => {
  it("AUTH-2: a license token of any age and a management token count as anonymous", async () => {
    const { license, document } = await session();
    for (const authorization of [bearer(document), await manager("license:read"), await manager("*")]) {
      const answer = await post("/license", { activationCode: license.key, fingerprint: "device" }, authorization);
      expect(((await answer.json()) as Document).sessionId).toBe(document.sessionId);
    }
    await checkOut(document.sessionId, bearer(document));
    const again = await post("/license", { activationCode: license.key, fingerprint: "device" }, bearer(document));
    expect(again.status).toBe(200);
  });

  it("AUTH-2: requireAuthentication refuses the anonymous with 403", async () => {
    const license = await newLicense({ requireAuthentication: true });
    for (const authorization of [undefined, await manager("*")]) {
      const answer = await post("/license", { activationCode: license.key, fingerprint: "device" }, authorization);
      expect((await problemOf(answer, 403, "authentication-required")).action).toBe("sign-in");
    }
  });

  it("AUTH-6: requireAuthentication, switched on later, leaves sessions renewing", async () => {
    const { license, document } = await session();
    await change(license, { requireAuthentication: true });
    expect((await renew(document.sessionId, bearer(document))).status).toBe(200);
  });
});

describe("the order of refusals", () => {
  for (const [name, call] of [
    ["renew", renew],
    ["check-in", checkIn],
  ] as const) {
    it(`STAND-4: ${name}, step by step, each refusal lifted in turn`, async () => {
      const effectiveAt = Date.now() - 3 * DAY;
      const license = await newFloating(5, {
        createdAt: Date.now() - 10 * DAY,
        effectiveAt,
        leaseDuration: 90 * 86_400,
        validity: 11 * 86_400,
      });
      const document = await activated(license.key);
      const gone = await activated(license.key, "gone");
      await checkOut(gone.sessionId, bearer(gone));
      await change(license, { suspended: true, effectiveAt: Date.now() + 3 * DAY });
      const own = bearer(document);
      const other = bearer(gone);

      // Each call is wrong in every later way too.
      await problemOf(await call("not-an-id", "Bearer junk"), 400, "malformed-session-id");
      await problemOf(
        await call(document.sessionId, "Bearer junk", { fingerprint: "wrong" }),
        401,
        "credentials-invalid",
      );
      await problemOf(await call(gone.sessionId, own, { fingerprint: "wrong" }), 404, "session-unknown");
      await problemOf(await call(document.sessionId, other, { fingerprint: "wrong" }), 401, "not-session-owner");
      await problemOf(await call(document.sessionId, own, { fingerprint: "wrong" }), 403, "fingerprint-mismatch");
      const early = await problemOf(
        await call(document.sessionId, own, { fingerprint: "device" }),
        403,
        "license-not-yet-effective",
      );
      expect(early.action).toBe("wait");
      expect(early.retryAfter).toBeGreaterThan(0);
      await change(license, { effectiveAt });
      // CLOCK-1: the license's clock never goes back, so the rest happens in the future.
      await later(2 * DAY, async () => {
        expect((await problemOf(await call(document.sessionId, own), 403, "license-expired")).action).toBe(
          "contact-vendor",
        );
        await renewTerm(license);
        await problemOf(await call(document.sessionId, own), 403, "license-suspended");
        await change(license, { suspended: false });
        expect((await call(document.sessionId, own)).status).toBe(200);
        await change(license, { revoked: true });
        expect((await problemOf(await call(document.sessionId, other), 403, "license-revoked")).action).toBe(
          "contact-vendor",
        );
        await problemOf(await call(gone.sessionId, own), 403, "license-revoked");
        await change(license, { revoked: false });
        expect((await problemOf(await call(document.sessionId, own), 404, "session-unknown")).action).toBe(
          "activate-again",
        );
        await remove(license);
        await problemOf(await call(document.sessionId, own), 404, "session-unknown");
      });
    });
  }

  it("STAND-4: check-out and GET work in every standing but revoked", async () => {
    for (const patch of [{ suspended: true }, { effectiveAt: Date.now() + DAY }]) {
      const { license, document } = await session();
      await change(license, patch);
      expect((await look(document.sessionId, bearer(document))).status).toBe(200);
      expect((await checkOut(document.sessionId, bearer(document))).status).toBe(200);
    }
    const { license, document } = await session();
    await change(license, { revoked: true });
    await problemOf(await look(document.sessionId, bearer(document)), 403, "license-revoked");
    await problemOf(await checkOut(document.sessionId, bearer(document)), 403, "license-revoked");
  });

  it("STAND-4: a second check-out is 404", async () => {
    const { document } = await session();
    expect((await checkOut(document.sessionId, bearer(document))).status).toBe(200);
    await problemOf(await checkOut(document.sessionId, bearer(document)), 404, "session-unknown");
    for (const [, call] of CALLS)
      await problemOf(await call(document.sessionId, bearer(document)), 404, "session-unknown");
  });

  it("ERR-1: a session that nobody has is 404, after its credentials", async () => {
    const { document } = await session();
    const nobodys = `${document.sessionId.slice(0, -12)}000000000000`;
    const elsewhere = "ffffffff-ffff-8fff-8000-000000000000";
    for (const [, call] of CALLS) {
      await problemOf(await call(nobodys, bearer(document)), 404, "session-unknown");
      await problemOf(await call(elsewhere, bearer(document)), 404, "session-unknown");
    }
  });

  it("CHK-1: at activation, revoked comes before not yet effective, expired, suspended and the device", async () => {
    const license = await newFloating(1, {
      createdAt: Date.now() - 10 * DAY,
      validity: 20 * 86_400,
      requireAuthentication: true,
    });
    const refused = async (status: number, code: string) =>
      await problemOf(await tryActivate(license.key), status, code);
    await refused(403, "authentication-required");
    await change(license, { suspended: true });
    expect((await refused(403, "license-suspended")).action).toBe("contact-vendor");
    await later(11 * DAY, async () => {
      const expired = await refused(404, "license-expired");
      expect(expired).toMatchObject({ action: "contact-vendor", type: "/problems/license-expired" });
      await change(license, { effectiveAt: Date.now() + DAY });
      expect((await refused(403, "license-not-yet-effective")).action).toBe("wait");
      await change(license, { revoked: true });
      expect((await refused(403, "license-revoked")).action).toBe("contact-vendor");
    });
  });

  it("STAND-3: a suspended session renews again when the suspension is lifted", async () => {
    const { license, document } = await session();
    await change(license, { suspended: true });
    await problemOf(await renew(document.sessionId, bearer(document)), 403, "license-suspended");
    await change(license, { suspended: false });
    expect((await renew(document.sessionId, bearer(document))).status).toBe(200);
  });
});

describe("fingerprints of sessions", () => {
  it("STAND-4: one that is sent must be the session's, one that is not is not asked for", async () => {
    const { document } = await session();
    const problem = await problemOf(
      await renew(document.sessionId, bearer(document), { fingerprint: "other" }),
      403,
      "fingerprint-mismatch",
    );
    expect(problem.action).toBe("activate-again");
    expect((await renew(document.sessionId, bearer(document), { fingerprint: null })).status).toBe(200);
    const empty = await problemOf(
      await renew(document.sessionId, bearer(document), { fingerprint: "" }),
      400,
      "invalid-request",
    );
    expect(pointersOf(empty)).toEqual(["/fingerprint"]);
  });
});
