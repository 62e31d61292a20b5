/**
 * What each call costs in the platform's billed units: rows read and written, in objects and in D1, everything that it
 * brings about included. The numbers of docs/scale.md; they may fall, and a change that raises one says why (SEAT-6).
 */

import { describe, expect, it } from "vitest";

import limits from "../../docs/billed-units.json";
import { billed, countingDatabase, type Billed, type Units } from "../support/billed.ts";
import { bindingsWith, fetchWith, ROOT_SECRET } from "../support/bindings.ts";
import { call } from "../support/counted-object.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { fullToken, productId } from "../support/management.ts";
import { ANONYMOUS, saying, sessionCall, syncCall } from "../support/world.ts";
import type { ActivateCall } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";

const LEASED = { type: "hosted-floating", allowedActivations: 3, leaseDuration: 3600 } as const;

const WITH_ALL: Partial<NewLicense> = {
  ...LEASED,
  allowedActivations: 0,
  ...{ allowedCountries: ["DE"], disallowedIpAddresses: ["192.0.2.1"], allowContainerActivation: false },
  meterAttributes: [{ id: "tabs", name: "tabs", allowedUses: 9, floating: true, viewPermissions: [] }],
  maintenance: {
    ...{ id: "policy", period: { months: 12, seconds: 0 }, expirationStrategy: "immediate" },
    ...{ allowMajorVersionUpdates: true, allowMinorVersionUpdates: true },
  },
};

async function measured(object: Billed): Promise<Record<string, Units>> {
  const { license, unitsOf } = object;
  const address = { key: license.key, licenseId: license.id };
  const sessions: string[] = [];
  const activate = (device: string, by: Partial<ActivateCall> = {}) =>
    unitsOf(async (keeper) => {
      const answer = await keeper.activate(address, { ...call(device), ...by });
      if (answer.reached === "license" && answer.outcome.ok) sessions.push(answer.outcome.value.activationId);
    });
  const birth = await activate("first");
  const activation = await activate("second");
  const [first = "", second = ""] = sessions;
  const units: Record<string, Units> = {
    birth,
    activation,
    "same device": await activate("second"),
    renewal: await unitsOf((keeper) => keeper.renew(sessionCall(first))),
    "check-in": await unitsOf((keeper) => keeper.checkIn(sessionCall(first))),
    "check-out": await unitsOf((keeper) => keeper.checkOut(sessionCall(second))),
  };
  const ofV3 = { ...saying({ os: "linux", hostname: "third" }), admitsEnded: true };
  units["v3 activation"] = await activate("third", ofV3);
  const third = sessions.at(-1) ?? "";
  const synced = { ...syncCall(third, "third", license.key), ...ofV3 };
  units["sync"] = await unitsOf((keeper) => keeper.sync(synced));
  units["deactivation"] = await unitsOf((keeper) => keeper.deactivate(synced));
  for (const device of ["fifth", "fourth"]) await activate(device);
  units["first refusal"] = await activate("too many");
  units["refusal"] = await activate("too many");
  // An hour later the alarm ends all three at once.
  object.clock += 2 * 3_600_000;
  const lapses = await unitsOf((keeper) => keeper.alarm());
  units["lapse"] = thirdOf(lapses);
  return units;
}

/** Of a license with rules about all that a device says, with meter attributes and maintenance. */
async function measuredWithAll({ license, unitsOf }: Billed): Promise<Record<string, Units>> {
  const address = { key: license.key, licenseId: license.id };
  const place = { ...saying({ container: false, releaseVersion: "1.2" }), network: { country: "DE", address: null } };
  const sessions: string[] = [];
  const activate = (device: string, by: Partial<ActivateCall> = {}) =>
    unitsOf(async (keeper) => {
      const answer = await keeper.activate(address, { ...call(device), ...place, admitsEnded: true, ...by });
      if (answer.reached !== "license" || !answer.outcome.ok) throw new Error(JSON.stringify(answer));
      sessions.push(answer.outcome.value.activationId);
    });
  const uses = [{ name: "tabs", increment: 1 }];
  const keyed = { idempotency: { key: "a".repeat(64), bodyHash: "b".repeat(64) } };
  // What is rare has its table by the second time.
  for (const key of ["c", "d"]) await activate(key, { uses, idempotency: { key: key.repeat(64), bodyHash: "" } });
  const counting = { principal: ANONYMOUS, requestId: "test", activationId: sessions[0] ?? "", key: null };
  return {
    "activation under all rules": await activate("plain"),
    "keyed activation": await activate("keyed", keyed),
    "keyed activation again": await activate("keyed", keyed),
    "activation with uses": await activate("counted", { uses }),
    "count of uses": await unitsOf((keeper) =>
      keeper.countUses({ ...counting, meterId: "tabs", productId: null, increment: 1, idempotency: null }),
    ),
  };
}

function thirdOf(units: Units): Units {
  const entries = Object.entries(units).map(([unit, count]) => [unit, Math.ceil(Number(count) / 3)]);
  return Object.fromEntries(entries) as unknown as Units;
}

/** docs/scale.md is made of these: what is cheaper by now is told there. */
function fits(what: keyof typeof limits, used: Partial<Units>): void {
  const most: Partial<Record<string, number>> = limits[what];
  const over = Object.entries(used).filter(([unit, count]) => count > (most[unit] ?? 0));
  expect({ what, over, used }).toEqual({ what, over: [], used });
}

describe("billed units", () => {
  it("SEAT-6: of birth, activation, renewal, sync, refusal and lapse do not grow", async () => {
    const units = await billed(LEASED, measured);
    expect(Object.keys(units)).toHaveLength(12);
    // The first activation with all that it brings about: the tables that every license needs are ten of them.
    expect(units["birth"]?.objectWritten).toBeLessThanOrEqual(25);
    // A refused call would cost nothing.
    expect([units["sync"]?.objectWritten, units["deactivation"]?.d1Written]).not.toContain(0);
    for (const [what, used] of Object.entries(units)) fits(what as keyof typeof limits, used);
  });

  it("METER-1, MGMT-4, NET-1: of what counts, comes with a key or is judged by every rule do not grow", async () => {
    const units = await billed(WITH_ALL, measuredWithAll);
    for (const [what, used] of Object.entries(units)) fits(what as keyof typeof limits, used);
    // The rules stand in the license, which every call reads; a row tells what is counted of its meter attribute.
    const { objectRead, ...others } = limits.activation;
    expect(units["activation under all rules"]).toEqual({ ...others, objectRead: objectRead + 1 });
  });

  it("ID-4: of an unknown key are a look-up in D1, and nothing in the object", async () => {
    const body = JSON.stringify({ activationCode: "AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF", fingerprint: "f" });
    fits("unknown key", await d1UnitsOf("/api/v1/activations/license", body, 404));
  });

  it("ID-5: of a license's creation are in D1 alone", async () => {
    const body = JSON.stringify({ productId: await productId() });
    fits("creation", await d1UnitsOf("/v3/licenses", body, 201));
  });
});

/** Of the second of two equal requests, so that the isolate's opening is not counted. */
async function d1UnitsOf(path: string, body: string, status: number): Promise<Pick<Units, "d1Read" | "d1Written">> {
  const counter = { d1Read: 0, d1Written: 0 };
  const bindings = bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development" }, countingDatabase(counter));
  const bearer = path.startsWith("/v3") ? { Authorization: `Bearer ${await fullToken()}` } : {};
  const headers = { ...bearer, "Content-Type": "application/json" };
  const open = deploymentOpener();
  for (let time = 0; time < 2; time += 1) {
    Object.assign(counter, { d1Read: 0, d1Written: 0 });
    expect((await fetchWith(bindings, path, open, headers, { method: "POST", body })).status).toBe(status);
  }
  return counter;
}
