/** Where a license may be used and on what (NET-1): the rules, whom they bind, and what is kept of a place. */

import { describe, expect, it } from "vitest";
import { NO_CLAIMS, type NetworkFacts } from "../../src/domain/license/device.ts";
import { machineRefusal } from "../../src/domain/license/machine.ts";
import { networkRefusal } from "../../src/domain/license/network.ts";
import type { Terms } from "../../src/domain/terms/license.ts";
import { saying } from "../support/world.ts";
import { refusal, terms, value } from "./samples.ts";
import { floating, nodeLocked, type MapWorld } from "./worlds.ts";

const AT: NetworkFacts = { country: "DE", address: "203.0.113.7" };
const codeAt = (rules: Partial<Terms>, at: Partial<NetworkFacts> = {}) =>
  networkRefusal(terms({}, rules), { ...AT, ...at })?.code ?? null;
const codeOn = (rules: Partial<Terms>, vmName: string | null, container: boolean | null) =>
  machineRefusal(terms({}, rules), { vmName, container })?.code ?? null;

describe("countries", () => {
  it.each<[Partial<Terms>, string | null, string | null]>([
    [{}, "DE", null],
    [{}, null, null],
    [{ allowedCountries: ["AT", "DE"] }, "DE", null],
    [{ allowedCountries: ["AT"] }, "DE", "country-not-allowed"],
    [{ disallowedCountries: ["AT"] }, "DE", null],
    [{ disallowedCountries: ["DE"] }, "DE", "country-not-allowed"],
    // What is forbidden is forbidden, wherever else it stands.
    [{ allowedCountries: ["DE"], disallowedCountries: ["DE"] }, "DE", "country-not-allowed"],
    // Not known: fails what allows, passes what forbids.
    [{ allowedCountries: ["DE"] }, null, "country-not-allowed"],
    [{ disallowedCountries: ["DE"] }, null, null],
  ])("NET-1: under %j a device in %s: %s", (rules, country, code) => {
    expect(codeAt(rules, { country })).toBe(code);
  });

  it("NET-1: the refusal names the country, and comes before the address's", () => {
    const rules = terms({}, { allowedCountries: ["FR"], allowedIpAddresses: ["192.0.2.1"] });
    expect(networkRefusal(rules, AT)).toEqual({ code: "country-not-allowed", country: "DE" });
    expect(networkRefusal(rules, { ...AT, country: "FR" })).toEqual({
      code: "ip-address-not-allowed",
      address: "203.0.113.7",
    });
  });
});

describe("addresses", () => {
  it.each<[Partial<Terms>, string | null, string | null]>([
    [{}, null, null],
    [{ allowedIpAddresses: ["203.0.113.7"] }, "203.0.113.7", null],
    [{ allowedIpAddresses: ["203.0.113.8"] }, "203.0.113.7", "ip-address-not-allowed"],
    [{ allowedIpAddresses: ["203.0.113.0/29"] }, "203.0.113.7", null],
    [{ allowedIpRanges: ["203.0.113.0/24"] }, "203.0.113.7", null],
    [{ allowedIpRanges: ["203.0.112.0/24"] }, "203.0.113.7", "ip-address-not-allowed"],
    // Both say together what is allowed.
    [{ allowedIpAddresses: ["192.0.2.1"], allowedIpRanges: ["203.0.113.0/24"] }, "203.0.113.7", null],
    [{ allowedIpAddresses: ["192.0.2.1"], allowedIpRanges: ["203.0.113.0/24"] }, "192.0.2.1", null],
    [{ allowedIpAddresses: ["192.0.2.1"], allowedIpRanges: ["203.0.113.0/24"] }, "192.0.2.2", "ip-address-not-allowed"],
    [{ disallowedIpAddresses: ["203.0.113.7"] }, "203.0.113.7", "ip-address-not-allowed"],
    [{ disallowedIpAddresses: ["2001:db8::/32"] }, "2001:db8::7", "ip-address-not-allowed"],
    [{ disallowedIpAddresses: ["2001:db8::/32"] }, "2001:db9::7", null],
    [
      { allowedIpRanges: ["203.0.113.0/24"], disallowedIpAddresses: ["203.0.113.7"] },
      "203.0.113.7",
      "ip-address-not-allowed",
    ],
    [{ allowedIpRanges: ["0.0.0.0/0"] }, "2001:db8::7", "ip-address-not-allowed"],
    // Not known: fails what allows, passes what forbids.
    [{ allowedIpAddresses: ["203.0.113.7"] }, null, "ip-address-not-allowed"],
    [{ allowedIpRanges: ["0.0.0.0/0", "::/0"] }, null, "ip-address-not-allowed"],
    [{ disallowedIpAddresses: ["0.0.0.0/0", "::/0"] }, null, null],
  ])("NET-1: under %j a device at %s: %s", (rules, address, code) => {
    expect(codeAt(rules, { address })).toBe(code);
  });
});

describe("virtual machines and containers", () => {
  it.each<[Partial<Terms>, string | null, boolean | null, string | null]>([
    [{}, "kvm", true, null],
    [{ allowVmActivation: false }, "kvm", null, "vm-not-allowed"],
    // Not known, or known to be none.
    [{ allowVmActivation: false }, null, null, null],
    [{ allowVmActivation: false }, "", null, null],
    [{ allowVmActivation: false }, " ", true, null],
    [{ allowContainerActivation: false }, "kvm", true, "container-not-allowed"],
    [{ allowContainerActivation: false }, "kvm", false, null],
    [{ allowContainerActivation: false }, null, null, null],
    [{ allowVmActivation: false, allowContainerActivation: false }, "kvm", true, "vm-not-allowed"],
    // A float server's container could be copied with its seats.
    [{ type: "on-premise-floating" }, null, true, "container-not-allowed"],
    [{ type: "on-premise-floating" }, "kvm", false, null],
  ])("NET-1, NET-2: under %j, vmName %j and container %j: %s", (rules, vmName, container, code) => {
    expect(codeOn(rules, vmName, container)).toBe(code);
  });
});

describe("whom the rules bind", () => {
  const inside = { network: AT, ...saying({ vmName: "", container: false }) };
  const outside = { network: { country: "FR", address: "192.0.2.1" }, device: NO_CLAIMS };

  it("NET-1, AUTH-6: whoever activates, the same device too; who renews and checks in goes on", () => {
    const world = floating();
    const { activationId } = value(world.activate("a", outside));
    value(world.patch({ allowedCountries: ["DE"], allowVmActivation: false }));
    expect(refusal(world.activate("a", outside)).code).toBe("country-not-allowed");
    expect(refusal(world.activate("b", { ...inside, ...saying({ vmName: "kvm" }) })).code).toBe("vm-not-allowed");
    value(world.renew(activationId));
    value(world.checkIn(activationId));
    expect(world.tally().seatsTaken).toBe(1);
    expect(value(world.activate("a", inside)).activationId).toBe(activationId);
  });

  it("NET-1, AUTH-6: a sync of v3, which changes nothing where it is refused", () => {
    const world = floating();
    const { activationId } = value(world.activate("a", inside));
    value(world.patch({ allowedCountries: ["DE"], allowContainerActivation: false }));
    const before = world.rows();
    expect(refusal(world.sync(activationId, "a", outside)).code).toBe("country-not-allowed");
    const boxed = { ...inside, ...saying({ container: true }) };
    expect(refusal(world.sync(activationId, "a", boxed)).code).toBe("container-not-allowed");
    expect(world.rows()).toEqual(before);
    value(world.sync(activationId, "a", inside));
    // Who gives a seat back may be anywhere.
    value(world.deactivate(activationId, "a"));
  });

  it("NET-1, CALL-2: a check says the same no, and nothing besides", () => {
    const world = floating({ disallowedIpAddresses: ["192.0.2.0/24"], allowContainerActivation: false });
    value(world.activate("a", inside));
    const nothing = { standing: null, expiresAt: null, activated: null, seats: null, licensedProductIds: null };
    expect(value(world.check("a", { ...outside, mayReadLicense: true }))).toMatchObject({
      ...nothing,
      refusal: { code: "ip-address-not-allowed", address: "192.0.2.1" },
    });
    expect(value(world.check("a", { ...inside, ...saying({ container: true }) }))).toMatchObject({
      ...nothing,
      refusal: { code: "container-not-allowed" },
    });
    expect(value(world.check("a", inside)).refusal).toBeNull();
  });
});

describe("what is kept of a place", () => {
  const place = (world: MapWorld) => {
    const { countryCode, ipAddress } = world.rows()[0]?.facts.shown ?? {};
    return { countryCode, ipAddress };
  };

  const again = [
    ["activates again", (world: MapWorld, _: string, network: NetworkFacts) => world.activate("a", { network })],
    ["syncs", (world: MapWorld, id: string, network: NetworkFacts) => world.sync(id, "a", { network })],
  ] as const;

  it.each(again)(
    "NET-1: the last one, whole, where a device %s: no country of before beside an address of now",
    (_, call) => {
      const world = nodeLocked();
      const { activationId } = value(world.activate("a", { network: AT, ...saying({ hostname: "desk" }) }));
      expect(place(world)).toEqual({ countryCode: "DE", ipAddress: "203.0.113.7" });
      value(call(world, activationId, { country: null, address: "192.0.2.1" }));
      expect(place(world)).toEqual({ countryCode: undefined, ipAddress: "192.0.2.1" });
      expect(world.rows()[0]?.facts.shown.hostname).toBe("desk");
      expect(world.stale).toEqual([]);
    },
  );

  it.each(again)(
    "NET-1: none under disableGeoLocation; what there was goes where a device %s, D1's copy too",
    (_, call) => {
      const world = nodeLocked({ allowedActivations: 2 });
      const { activationId } = value(world.activate("a", { network: AT }));
      value(world.patch({ disableGeoLocation: true, disallowedCountries: ["FR"] }));
      value(call(world, activationId, AT));
      expect([place(world), world.stale]).toEqual([{}, [activationId]]);
      value(call(world, activationId, AT));
      expect([place(world), world.stale]).toEqual([{}, []]);
      // Judged by all the same.
      expect(refusal(call(world, activationId, { ...AT, country: "FR" })).code).toBe("country-not-allowed");
      value(world.activate("b", { network: AT }));
      expect(JSON.stringify([world.rows(), world.events().slice(-1)])).not.toContain(AT.address);
    },
  );
});
