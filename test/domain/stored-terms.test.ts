import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { MetadataItem, Terms } from "../../src/domain/terms/license.ts";
import { completeTerms, DEFAULT_TERMS, readTerms, storedTerms } from "../../src/domain/terms/stored-terms.ts";
import { CREATED, PRODUCT, terms } from "./samples.ts";

const OTHER = "0190a5d4-0000-7000-8000-000000000002";

const instants = fc.constantFrom(CREATED, CREATED + 1, CREATED + 2);
const items: fc.Arbitrary<readonly MetadataItem[]> = fc.array(
  fc.record({
    id: fc.constantFrom("a", "b"),
    key: fc.constantFrom("k", ""),
    value: fc.constantFrom("v", ""),
    viewPermissions: fc.constantFrom([], ["user"]),
    createdAt: instants,
    updatedAt: instants,
  }),
  { maxLength: 3 },
);

/** Any member at its default, or at another value. */
const sold: fc.Arbitrary<Terms> = fc
  .record(
    {
      type: fc.constantFrom("node-locked", "hosted-floating"),
      revoked: fc.boolean(),
      allowedActivations: fc.constantFrom(-1, 0, 1, 5),
      leaseDuration: fc.constantFrom(0, 3600),
      serverSyncInterval: fc.constantFrom(0, 3600),
      expiringSoonEventOffset: fc.constantFrom(0, 60),
      notes: fc.constantFrom(null, "", "n"),
      externalReference: fc.constantFrom(null, "order"),
      updatedAt: instants,
      licensedProductIds: fc.constantFrom([PRODUCT], [PRODUCT, OTHER], [OTHER], []),
      user: fc.constantFrom(null, { id: "u", email: "a@b.test", revision: 1 }),
      period: fc.constantFrom(null, { months: 1, seconds: 0 }),
      end: fc.constantFrom(null, { anchorAt: CREATED, months: 0 }),
      pending: fc.constantFrom([], [{ months: 1, seconds: 0 }]),
      pendingRenewals: fc.constantFrom(0, 1),
      activatedAt: fc.constantFrom(null, CREATED),
      endlessTokens: fc.boolean(),
      metadata: items,
      requiredMetadataKeys: fc.constantFrom([], ["k"]),
      tags: fc.constantFrom([], [{ id: "t", name: "gold" }]),
    },
    { requiredKeys: [] },
  )
  .map((changed) => terms({}, changed as Partial<Terms>));

describe("terms as they are stored", () => {
  it("LIC-1: are read as they were sold, whatever of them is at its default", () => {
    fc.assert(
      fc.property(sold, (made) => {
        expect(readTerms(storedTerms(made))).toEqual(made);
      }),
    );
  });

  it("LIC-1: are what was said of a license, and no more", () => {
    expect(JSON.parse(storedTerms(terms()))).toEqual({ createdAt: CREATED, productId: PRODUCT });
    expect(JSON.parse(storedTerms(terms({ type: "hosted-floating", allowedActivations: 0 })))).toEqual({
      ...{ createdAt: CREATED, productId: PRODUCT, type: "hosted-floating" },
      ...{ allowedActivations: 0, leaseDuration: 3600 },
    });
  });

  it("LIC-1: of whole terms that another version wrote nothing is lost", () => {
    const whole = { ...terms(), later: 7 };
    expect(readTerms(JSON.stringify(whole))).toEqual(whole);
    expect(readTerms(storedTerms(whole))).toEqual(whole);
    expect(completeTerms({ createdAt: CREATED, productId: PRODUCT } as Terms)).toMatchObject(DEFAULT_TERMS);
  });

  // Licenses were stored without what is here. A member may be added; one that is here stays as it is.
  it("LIC-1: are over defaults that never change", () => {
    expect(DEFAULT_TERMS).toMatchObject({
      ...{ type: "node-locked", expirationStrategy: "immediate", validity: 0, revoked: false, suspended: false },
      ...{ fingerprintMatchingStrategy: "exact", duplicateActivation: "resume", seatRelease: "at-once" },
      ...{ allowedActivations: 1, allowedDeactivations: -1, allowedFloatingClients: 0, leaseDuration: 0 },
      ...{ allowClientLeaseDuration: false, maxLeaseDuration: 0, leaseGracePeriod: 0, serverSyncInterval: 3600 },
      ...{ serverSyncGracePeriod: 2_592_000, allowedClockOffset: 60, expiringSoonEventOffset: 0 },
      ...{ requireAuthentication: false, cryptoBindingEnabled: false, notes: null, externalReference: null },
      ...{ region: null, user: null, subscriptionInterval: null, period: null, end: null, pending: [] },
      ...{ pendingRenewals: 0, pendingExtensionSeconds: 0, effectiveAt: null, activatedAt: null },
      ...{ licenseTemplateId: null, endsRememberedFrom: 0, endlessTokens: false, seatReleaseSwitches: [] },
      ...{ metadata: [], featureEntitlements: [], requiredMetadataKeys: [], tags: [] },
    });
  });
});
