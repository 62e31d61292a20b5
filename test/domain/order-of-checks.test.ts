/** CHK-1, by walking all pairs: of two faults at once the earlier one is told, at an activation and at a check. */

import { describe, expect, it } from "vitest";
import { activate } from "../../src/domain/commands/activation.ts";
import type { Check } from "../../src/domain/commands/judge.ts";
import type { ActivateCall, Principal } from "../../src/domain/license/calls.ts";
import {
  NO_CLAIMS,
  UNTOLD,
  type DeviceClaims,
  type NetworkFacts,
  type UsesWish,
} from "../../src/domain/license/device.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Refusal, RefusalCode } from "../../src/domain/refusal.ts";
import { endAt } from "../../src/domain/terms/expiry.ts";
import type { MeterAttribute, Terms } from "../../src/domain/terms/license.ts";
import { ANONYMOUS, licenseUser, person } from "../support/world.ts";
import { value } from "./samples.ts";
import { nodeLocked, START, type MapWorld } from "./worlds.ts";

interface Fault {
  readonly code: RefusalCode;
  readonly terms?: Partial<Terms>;
  readonly principal?: Principal;
  readonly productId?: string;
  readonly device?: Partial<DeviceClaims>;
  readonly network?: Partial<NetworkFacts>;
  /** Activations that there are before: of the device itself, or of another. */
  readonly live?: "device" | "another";
  /** Against anything but resuming. */
  readonly against?: Refusal;
  /** Nobody asks for them who only checks. */
  readonly uses?: readonly UsesWish[];
}

/** One at least. */
/** Of which nothing was sold. */
const PAGES: MeterAttribute = {
  ...{ id: "pages", name: "pages", allowedUses: 0, floating: true, viewPermissions: [] },
  ...{ createdAt: START, updatedAt: START },
};

type Faults = readonly [Fault, ...Fault[]];

const BUSY: Refusal = { code: "too-many-requests", retryAfterSeconds: 60 };

/**
 * Every check with its faults, in the order of the rule and of what stands inside each: a check that the license's
 * object makes and that is not here does not compile.
 */
const FAULTS: Readonly<Record<Check, Faults>> = {
  // The OS user is told by nobody.
  fingerprint: [{ code: "invalid-member", terms: { userLocked: true } }],
  standing: [
    { code: "license-revoked", terms: { revoked: true } },
    { code: "license-not-yet-effective", terms: { effectiveAt: START + 1 } },
    { code: "license-expired", terms: { end: endAt(START) } },
    { code: "license-suspended", terms: { suspended: true } },
  ],
  product: [{ code: "product-mismatch", productId: "another" }],
  network: [
    { code: "country-not-allowed", terms: { disallowedCountries: ["FR"] }, network: { country: "FR" } },
    {
      code: "ip-address-not-allowed",
      terms: { allowedIpRanges: ["203.0.113.0/24"] },
      network: { address: "192.0.2.1" },
    },
  ],
  machine: [
    { code: "vm-not-allowed", terms: { allowVmActivation: false }, device: { vmName: "kvm" } },
    { code: "container-not-allowed", terms: { allowContainerActivation: false }, device: { container: true } },
  ],
  user: [
    { code: "authentication-required", terms: { requireAuthentication: true }, principal: ANONYMOUS },
    { code: "email-not-verified", terms: { user: licenseUser("ada") }, principal: person("ada", { email: null }) },
    { code: "wrong-user", terms: { user: licenseUser("ada") }, principal: person("eve") },
  ],
  // The device says nothing of its release.
  release: [{ code: "version-not-allowed", terms: { maxAllowedReleaseVersion: "1.0" } }],
  device: [{ code: "device-already-activated", terms: { duplicateActivation: "reject" }, live: "device" }],
  new: [{ code: "too-many-requests", against: BUSY }],
  seats: [{ code: "seats-exhausted", terms: { allowedActivations: 1 }, live: "another" }],
  uses: [{ code: "uses-exhausted", terms: { meterAttributes: [PAGES] }, uses: [{ name: "pages", increment: 1 }] }],
};

const ALL = Object.values(FAULTS).flat();

/** A caller is one person, and who resumes needs nothing new. */
function exclude(one: Fault, other: Fault): boolean {
  const isTwoCallers = one.principal !== undefined && other.principal !== undefined;
  return isTwoCallers || (one.live === "device" && other.against !== undefined);
}

const PAIRS = ALL.flatMap((first, at) =>
  ALL.slice(at + 1).map((second): readonly [string, Fault, Fault] => [
    `${first.code} before ${second.code}`,
    first,
    second,
  ]),
);

/** Checks 8 to 12 bind at a sync of v3, too. */
const BINDING = [...FAULTS.product, ...FAULTS.network, ...FAULTS.machine, ...FAULTS.user, ...FAULTS.release];
const BINDING_PAIRS = PAIRS.filter(
  ([, first, second]) => BINDING.includes(first) && BINDING.includes(second) && !exclude(first, second),
);

interface Asked {
  readonly world: MapWorld;
  readonly call: ActivateCall;
  readonly against: Refusal | null;
}

/** A license that admits everybody, and what is wrong with it and with the call. */
function asked(...faults: readonly Fault[]): Asked {
  const world = nodeLocked({ allowedActivations: 9 });
  const merged = faults.reduce((all, fault) => ({ ...all, ...fault }), {} as Partial<Fault>);
  for (const { live } of faults) {
    if (live !== undefined) value(world.activate(live));
  }
  const license = world.ledger.license();
  const terms = faults.reduce<Terms>((all, fault) => ({ ...all, ...fault.terms }), license.terms);
  world.ledger.saveLicense({ ...license, terms });
  world.evict();
  const call: ActivateCall = {
    ...UNTOLD,
    ...{ requestId: "test", requestedLeaseSeconds: null, email: null, idempotency: null },
    principal: merged.principal ?? ANONYMOUS,
    fingerprint: "device",
    productId: merged.productId ?? null,
    device: faults.reduce<DeviceClaims>((all, { device }) => ({ ...all, ...device }), NO_CLAIMS),
    network: faults.reduce<NetworkFacts>((all, { network }) => ({ ...all, ...network }), UNTOLD.network),
    uses: merged.uses ?? [],
  };
  return { world, call, against: merged.against ?? null };
}

function codeOf(outcome: Outcome<unknown>): RefusalCode | null {
  return outcome.ok ? null : outcome.refusal.code;
}

function activated({ world, call, against }: Asked): RefusalCode | null {
  return codeOf(world.run((turn) => activate(turn, call, against)));
}

/** What is wrong with the call itself is a refusal there, too; nothing is against who only asks. */
function checked({ world, call }: Asked): RefusalCode | null {
  const outcome = world.check(call.fingerprint, call);
  return outcome.ok ? (outcome.value.refusal?.code ?? null) : outcome.refusal.code;
}

/** Of an activation that nobody owns. */
function synced(...faults: readonly Fault[]): RefusalCode | null {
  const { world, call } = asked({ code: "device-already-activated", live: "device" }, ...faults);
  const [activation] = world.rows();
  return codeOf(world.sync(activation?.id ?? "", call.fingerprint, { ...call, admitsEnded: true, key: "key" }));
}

describe("the order of checks", () => {
  it("CHK-1: who has no fault is let in", () => {
    expect(activated(asked())).toBeNull();
    expect(checked(asked())).toBeNull();
  });

  it.each(ALL.map((fault): readonly [string, Fault] => [fault.code, fault]))("CHK-1: %s, alone", (code, fault) => {
    expect(activated(asked(fault))).toBe(code);
    if (fault.against === undefined) expect(checked(asked(fault))).toBe(code);
  });

  it.each(PAIRS.filter(([, first, second]) => !exclude(first, second)))("CHK-1: %s", (_, first, second) => {
    expect(activated(asked(first, second))).toBe(first.code);
    expect(checked(asked(first, second))).toBe(first.against === undefined ? first.code : codeOfCheck(second));
  });

  it.each(BINDING_PAIRS)("CHK-1, AUTH-6: at a sync, %s", (_, first, second) => {
    expect(synced(first)).toBe(first.code);
    expect(synced(first, second)).toBe(first.code);
  });

  it("CHK-1: all faults at once are told as the first, and then as the next, until none is left", () => {
    const compatible = ALL.filter(({ principal, against }) => principal !== ANONYMOUS && against === undefined).filter(
      ({ code }) => code !== "email-not-verified",
    );
    const told = compatible.map((_, at) => activated(asked(...compatible.slice(at))));
    expect(told).toEqual(compatible.map(({ code }) => code));
  });

  it("CHK-1: no pair is left out but of those that cannot be", () => {
    const left = PAIRS.filter(([, first, second]) => exclude(first, second)).map(([name]) => name);
    expect(left).toEqual([
      "authentication-required before email-not-verified",
      "authentication-required before wrong-user",
      "email-not-verified before wrong-user",
      "device-already-activated before too-many-requests",
    ]);
  });
});

function codeOfCheck({ against, code }: Fault): RefusalCode | null {
  return against === undefined ? code : null;
}
