/** Taking a key in D1 before the object commits to it (KEY-2). Call inside the lock, so that no relay tidies it away. */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import { reserveKey } from "../registry/reserve.ts";
import type { Held } from "./held.ts";
import { notedFence } from "./relay.ts";

/** After it, the caller looks at its rule again. Refusals: `already-exists`, `license-unknown`, `storage-unavailable`: nothing changed. */
export async function reserve(held: Held, licenseId: string, key: string): Promise<Outcome<null>> {
  const { host, incarnation } = held;
  const fence = held.ledger.tally().fence + 1;
  host.transact(() => held.note(() => ({ fence })));
  try {
    const { result, fenceBefore } = await reserveKey(host.db, licenseId, key, fence);
    if (held.incarnation !== incarnation || held.isDeleted(licenseId)) return no({ code: "license-unknown" });
    host.transact(() => held.note((tally) => notedFence(tally, fence, fenceBefore, false).change));
    if (result === "taken") return no({ code: "already-exists", pointer: "/key" });
    if (result === "reserved") return yes(null);
    // D1 does not know this license: it was set back, and the relay brings the row back (OPS-1).
    held.armBy(host.clock());
    return no({ code: "storage-unavailable" });
  } catch (error) {
    host.report("a key could not be reserved in D1", error);
    return no({ code: "storage-unavailable" });
  }
}
