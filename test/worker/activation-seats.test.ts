/** Seats and leases over HTTP (SEAT-1 to SEAT-5, LEASE-1 to LEASE-5, CALL-1). */

import { describe, expect, it, vi } from "vitest";
import { decodeJwt } from "jose";
import { read } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import {
  activated,
  bearer,
  change,
  jsonOf,
  look,
  manager,
  newFloating,
  newLicense,
  newProduct,
  post,
  remove,
  tryActivate,
  type Document,
} from "../support/shop.ts";

function leaseSeconds(document: Document): number {
  return (Date.parse(document.leaseExpiresAt ?? "") - Date.parse(document.serverTime)) / 1000;
}

async function later<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  vi.setSystemTime(Date.now() + seconds * 1000);
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

describe("codes", () => {
  it("ERR-1: an unknown code is 404", async () => {
    for (const code of ["AAAAAA-AAAAAA-AAAAAA-AAAAAA-AAAAAA-AAAAAA", "no such code", "😀"]) {
      expect((await problemOf(await tryActivate(code), 404, "activation-code-unknown")).action).toBe("fix-request");
    }
  });

  it("KEY-1: a chosen key is matched exactly", async () => {
    const key = `Chosen key ${crypto.randomUUID()}`;
    const license = await newLicense({ key });
    expect((await tryActivate(key)).status).toBe(200);
    await problemOf(await tryActivate(license.key.toUpperCase()), 404, "activation-code-unknown");
  });

  it("KEY-2: a changed key leads to the same license, and the old one nowhere", async () => {
    const license = await newFloating(3);
    const first = await activated(license.key);
    const key = `changed ${crypto.randomUUID()}`;
    await change(license, { key });
    expect((await activated(key)).sessionId).toBe(first.sessionId);
    expect((await activated(key, "second")).sessionId).not.toBe(first.sessionId);
    await problemOf(await tryActivate(license.key), 404, "activation-code-unknown");
    expect((await post(`/${first.sessionId}/renew`, undefined, bearer(first))).status).toBe(200);
    // ID-4: the isolate's hint for the second key is wrong from now on.
    const third = `changed again ${crypto.randomUUID()}`;
    await change(license, { key: third });
    await problemOf(await tryActivate(key), 404, "activation-code-unknown");
    expect((await activated(third)).sessionId).toBe(first.sessionId);
  });

  it("DEL-1: a deleted license's code is unknown", async () => {
    const license = await newLicense();
    await activated(license.key);
    await remove(license);
    await problemOf(await tryActivate(license.key), 404, "activation-code-unknown");
  });
});

describe("seats", () => {
  it("SEAT-1, SEAT-4: a full license refuses with limit, used and retryAfter", async () => {
    const license = await newFloating(2);
    await activated(license.key, "one");
    await activated(license.key, "two");
    const problem = await problemOf(await tryActivate(license.key, "three"), 409, "seats-exhausted");
    expect(problem).toMatchObject({ limit: 2, used: 2, action: "wait" });
    expect(problem.retryAfter).toBeGreaterThan(0);
    expect(problem.retryAfter).toBeLessThanOrEqual(3_600);
  });

  it("SEAT-9: seats above the limit are granted, and the token, the resource and the log tell which", async () => {
    const license = await newLicense({ allowedActivations: 1, allowedOverage: 1 });
    const within = await activated(license.key, "one");
    const above = await activated(license.key, "two");
    expect(decodeJwt(within.licenseToken)).not.toHaveProperty("over_limit");
    expect(decodeJwt(above.licenseToken)).toMatchObject({ over_limit: true });
    await problemOf(await tryActivate(license.key, "three"), 409, "seats-exhausted");
    expect(await read(`/activations/${within.sessionId}`)).toMatchObject({ overLimit: false });
    expect(await read(`/activations/${above.sessionId}`)).toMatchObject({ overLimit: true });
  });

  it("SEAT-4: without leases nothing is to be waited for", async () => {
    const license = await newLicense({ allowedActivations: 1 });
    await activated(license.key, "one");
    const problem = await problemOf(await tryActivate(license.key, "two"), 409, "seats-exhausted");
    expect(problem).toMatchObject({ limit: 1, used: 1, action: "release-a-device" });
    expect(problem.retryAfter).toBeUndefined();
  });

  it("SEAT-3: the same device gets its session back, with a fresh token and no second seat", async () => {
    const license = await newFloating(1);
    const first = await activated(license.key);
    const second = await activated(license.key);
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.licenseToken).not.toBe(first.licenseToken);
    await problemOf(await tryActivate(license.key, "other"), 409, "seats-exhausted");
  });

  it("SEAT-3: duplicateActivation reject is 409, device already activated", async () => {
    const license = await newFloating(2, { duplicateActivation: "reject" });
    const first = await activated(license.key);
    expect((await problemOf(await tryActivate(license.key), 409, "device-already-activated")).action).toBe(
      "contact-vendor",
    );
    await post(`/${first.sessionId}/check-out`, undefined, bearer(first));
    expect((await activated(license.key)).sessionId).not.toBe(first.sessionId);
  });

  it("SEAT-5: a lowered limit refuses new devices, and renewals go on", async () => {
    const license = await newFloating(3);
    const sessions = [
      await activated(license.key, "one"),
      await activated(license.key, "two"),
      await activated(license.key, "three"),
    ];
    await change(license, { allowedActivations: 1 });
    expect(await problemOf(await tryActivate(license.key, "four"), 409, "seats-exhausted")).toMatchObject({
      limit: 1,
      used: 3,
    });
    for (const session of sessions)
      expect((await post(`/${session.sessionId}/renew`, undefined, bearer(session))).status).toBe(200);
  });

  it("SEAT-1: 500 parallel activations on 50 seats grant exactly 50", async () => {
    const license = await newFloating(50);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => tryActivate(license.key, `device ${index}`)),
    );
    const granted = answers.filter((answer) => answer.status === 200);
    const sessions = await Promise.all(granted.map(async (answer) => ((await answer.json()) as Document).sessionId));
    expect(new Set(sessions).size).toBe(50);
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(refused).toHaveLength(450);
    for (const answer of refused) {
      expect(await problemOf(answer, 409, "seats-exhausted")).toMatchObject({ limit: 50, used: 50 });
    }
  });

  it("SEAT-2: 100 parallel activations of one device hold one seat", async () => {
    const license = await newFloating(1);
    const documents = await Promise.all(Array.from({ length: 100 }, () => activated(license.key)));
    expect(new Set(documents.map((document) => document.sessionId)).size).toBe(1);
  });

  it("SEAT-10: after-token holds a released seat until its token ends, for all but its own device", async () => {
    const license = await newFloating(1, { seatRelease: "after-token" });
    const first = await activated(license.key, "one");
    await post(`/${first.sessionId}/check-out`, undefined, bearer(first));
    expect(await problemOf(await tryActivate(license.key, "two"), 409, "seats-exhausted")).toMatchObject({
      limit: 1,
      used: 1,
    });
    expect((await activated(license.key, "one")).sessionId).not.toBe(first.sessionId);
  });

  it("CNT-1: allowedDeactivations binds the client's check-outs of a node-locked license, and no manager's", async () => {
    const license = await newLicense({ allowedActivations: 5, allowedDeactivations: 1 });
    const [one, two] = [await activated(license.key, "one"), await activated(license.key, "two")];
    expect((await post(`/${one.sessionId}/check-out`, undefined, bearer(one))).status).toBe(200);
    const problem = await problemOf(
      await post(`/${two.sessionId}/check-out`, undefined, bearer(two)),
      409,
      "deactivation-limit-reached",
    );
    expect(problem).toMatchObject({ limit: 1, action: "contact-vendor" });
    expect((await look(two.sessionId, bearer(two))).status).toBe(200);
    expect((await post(`/${two.sessionId}/check-out`, undefined, await manager("activation:write"))).status).toBe(200);
  });
});

describe("leases", () => {
  it("LEASE-1: a wish counts only where the license allows it, and is clamped", async () => {
    const productId = (await newProduct()).id;
    const deaf = await newFloating(9, { productId });
    expect(leaseSeconds(await activated(deaf.key, "a", { requestedLeaseDuration: "00:10:00" }))).toBe(3_600);

    const open = await newFloating(9, { productId, allowClientLeaseDuration: true, maxLeaseDuration: 7_200 });
    const granted: [string | number, number][] = [
      ["00:10:00", 600],
      ["PT2H", 7_200],
      ["1.00:00:00", 7_200],
      [1, 60],
      ["59", 60],
      [1e300, 7_200],
    ];
    for (const [wish, seconds] of granted) {
      const document = await activated(open.key, `device ${wish}`, { requestedLeaseDuration: wish });
      expect([wish, leaseSeconds(document)]).toEqual([wish, seconds]);
    }
    expect(leaseSeconds(await activated(open.key, "without"))).toBe(3_600);
  });

  it("LEASE-1: a wish is remembered for later renewals, until the flag is switched off", async () => {
    const license = await newFloating(1, { allowClientLeaseDuration: true });
    const first = await activated(license.key, "device", { requestedLeaseDuration: 600 });
    const renewed = async () =>
      leaseSeconds(
        await jsonOf<Document>(
          await later(1_200 / 2 - 1, () => post(`/${first.sessionId}/renew`, undefined, bearer(first))),
        ),
      );
    expect(await renewed()).toBe(600);
    await change(license, { allowClientLeaseDuration: false });
    expect(await renewed()).toBe(3_600);
  });

  it("LEASE-2: a malformed wish is 400 at its member, also where wishes do not count", async () => {
    const license = await newFloating(1);
    for (const requestedLeaseDuration of ["", "0", "00:00:00", "-PT1H", "soon", 0, -5]) {
      const problem = await problemOf(
        await tryActivate(license.key, "device", { requestedLeaseDuration }),
        400,
        "invalid-request",
      );
      expect(pointersOf(problem)).toEqual(["/requestedLeaseDuration"]);
    }
    const first = await activated(license.key);
    const renewal = await post(`/${first.sessionId}/renew`, { requestedLeaseDuration: "P0D" }, bearer(first));
    expect(pointersOf(await problemOf(renewal, 400, "invalid-request"))).toEqual(["/requestedLeaseDuration"]);
  });

  it("LEASE-3: a renewal never ends a lease earlier", async () => {
    const license = await newFloating(1, { allowClientLeaseDuration: true });
    const first = await activated(license.key, "device", { requestedLeaseDuration: 3_600 });
    const second = await jsonOf<Document>(
      await post(`/${first.sessionId}/renew`, { requestedLeaseDuration: 60 }, bearer(first)),
    );
    expect(second.leaseExpiresAt).toBe(first.leaseExpiresAt);
  });

  it("LEASE-4, LEASE-5: a lapsed session is 404 for ever, and its seat is free in that instant", async () => {
    const license = await newFloating(1);
    const first = await activated(license.key, "one");
    await later(3_600, async () => {
      const second = await activated(license.key, "two");
      for (const answer of [
        await post(`/${first.sessionId}/renew`, undefined, bearer(first)),
        await post(`/${first.sessionId}/check-in`, undefined, bearer(first)),
        await post(`/${first.sessionId}/check-out`, undefined, bearer(first)),
        await look(first.sessionId, bearer(first)),
      ]) {
        expect((await problemOf(answer, 404, "session-unknown")).action).toBe("activate-again");
      }
      await post(`/${second.sessionId}/check-out`, undefined, bearer(second));
      expect((await activated(license.key, "one")).sessionId).not.toBe(first.sessionId);
    });
  });

  it("CALL-1: check-in tells to renew the token when the license has changed since, or when its refresh has come", async () => {
    const license = await newFloating(1, { leaseDuration: 86_400, serverSyncInterval: 60, serverSyncGracePeriod: 60 });
    const first = await activated(license.key);
    const checkIn = async () =>
      (await jsonOf<{ renewNow: boolean }>(await post(`/${first.sessionId}/check-in`, undefined, bearer(first))))
        .renewNow;
    expect(await checkIn()).toBe(false);
    expect(await later(61, checkIn)).toBe(true);
    await post(`/${first.sessionId}/renew`, undefined, bearer(first));
    await change(license, { allowedActivations: 7 });
    expect(await checkIn()).toBe(true);
    await post(`/${first.sessionId}/renew`, undefined, bearer(first));
    expect(await checkIn()).toBe(false);
  });
});
