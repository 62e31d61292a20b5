/** A stored activation in which everything that may be void is. */

import type { Activation } from "../../src/domain/turn/ledger.ts";

export function activationRow(seq: number, more: Partial<Activation> = {}): Activation {
  return {
    seq,
    id: `0a1b2c3d-4e5f-8678-8abc-${seq.toString(16).padStart(12, "0")}`,
    leaseEnd: null,
    released: false,
    tokenEnd: null,
    contactAt: 1_700_000_000_000,
    leaseSeconds: 0,
    requestedLeaseSeconds: null,
    tokenRefreshAt: null,
    tokenRevision: 1,
    generation: 1,
    projectedAt: 1_700_000_000_000,
    createdAt: 1_700_000_000_000,
    renewalsBefore: 0,
    periodMonths: null,
    periodSeconds: null,
    anchorAt: null,
    device: null,
    holder: null,
    owner: null,
    ownerEpoch: 0,
    facts: {
      firstFingerprint: "a",
      fingerprint: "a",
      email: null,
      userEmail: null,
      shown: {},
    },
    ...more,
  };
}
