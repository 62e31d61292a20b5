/** TRIAL-1: who may have a trial, and when it ends. */

import { describe, expect, it } from "vitest";
import { NO_CLAIMS, NOWHERE, type DeviceClaims, type NetworkFacts } from "../../src/domain/license/device.ts";
import {
  DEFAULT_TRIAL_SETTINGS,
  extendedTrial,
  trialEnd,
  trialRefusal,
  type TrialTerms,
} from "../../src/domain/license/trial.ts";
import { LATEST_INSTANT } from "../../src/domain/terms/expiry.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/terms/settings.ts";
import { refusal, value } from "./samples.ts";

const BERLIN: NetworkFacts = { country: "DE", address: "203.0.113.7" };

function refused(rules: Partial<TrialTerms>, said: Partial<DeviceClaims> = {}, network = BERLIN) {
  const terms = { ...DEFAULT_TRIAL_SETTINGS, trialLengthSeconds: 60, ...rules };
  return trialRefusal(terms, { device: { ...NO_CLAIMS, ...said }, network });
}

describe("a policy", () => {
  it("TRIAL-1: has the defaults of a license", () => {
    expect(DEFAULT_SETTINGS).toMatchObject(DEFAULT_TRIAL_SETTINGS);
    expect(refused({}, {}, NOWHERE)).toBeNull();
  });

  it.each<[Partial<TrialTerms>, Partial<DeviceClaims>, NetworkFacts, string | null]>([
    [{ allowedCountries: ["DE"] }, {}, BERLIN, null],
    [{ allowedCountries: ["DE"] }, {}, NOWHERE, "country-not-allowed"],
    [{ disallowedCountries: ["DE"] }, {}, BERLIN, "country-not-allowed"],
    [{ disallowedCountries: ["DE"] }, {}, NOWHERE, null],
    [{ allowedIpAddresses: ["192.0.2.1"] }, {}, BERLIN, "ip-address-not-allowed"],
    [{ allowedIpRanges: ["203.0.113.0/24"] }, {}, BERLIN, null],
    [{ disallowedIpAddresses: ["203.0.113.0/24"] }, {}, BERLIN, "ip-address-not-allowed"],
    [{ allowVmActivation: false }, { vmName: "vmware" }, BERLIN, "vm-not-allowed"],
    [{ allowVmActivation: false }, {}, BERLIN, null],
    [{ allowContainerActivation: false }, { container: true }, BERLIN, "container-not-allowed"],
    [{ userLocked: true }, { userHash: "ada" }, BERLIN, null],
    [{ userLocked: true }, {}, BERLIN, "invalid-member"],
  ])("NET-1: %j, a device that says %j, from %j: %s", (rules, said, network, code) => {
    expect(refused(rules, said, network)?.code ?? null).toBe(code);
  });

  it("CHK-1: is looked at in the order of a license: what is needed, the network, the machine", () => {
    const all = { userLocked: true, disallowedCountries: ["DE"], allowVmActivation: false };
    const said = { vmName: "vmware", userHash: "ada" };
    expect(refused(all, { vmName: "vmware" })).toMatchObject({ code: "invalid-member", pointer: "/userHash" });
    expect(refused(all, said)?.code).toBe("country-not-allowed");
    expect(refused({ ...all, disallowedCountries: [] }, said)?.code).toBe("vm-not-allowed");
  });
});

describe("an end", () => {
  it("TRIAL-1: is the length, in seconds, after the first call", () => {
    expect(trialEnd({ trialLengthSeconds: 14 * 86_400 }, 1_000)).toBe(1_000 + 14 * 86_400_000);
  });

  it("TRIAL-1: is moved from where it is, over or not, and never past the year 9999", () => {
    expect(value(extendedTrial(5_000, 60))).toBe(65_000);
    expect(value(extendedTrial(LATEST_INSTANT - 1_000, 1))).toBe(LATEST_INSTANT);
    expect(refusal(extendedTrial(LATEST_INSTANT - 999, 1))).toMatchObject({ pointer: "/extensionLength" });
  });
});
