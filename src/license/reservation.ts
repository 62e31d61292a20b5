/** Taking a key in D1 before the object commits to it (KEY-2). Call inside the lock, so that no relay tidies it away. */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import { reserveKey } from "../registry/reserve.ts";
import { notedFence } from "./fence.ts";
import { RELAY_NET, type Held } from "./held.ts";


/** After it, the caller looks at its rule again. Refusals: `already-exists`, `license-unknown`, `storage-unavailable`: nothing changed. */
export async function reserve(held: Held, licenseId: string, key: string): Promise<Outcome<null>> {
  const { host, incarnation } = held;
  const { fence: last, fenceConfirmed } = held.ledger.tally();
  const fence = last + 1;
  host.transact(() => {
    held.note(() => ({ fence }));
    held.armBy(host.clock() + RELAY_NET);
  });
  try {
    const { result, fenceBefore } = await reserveKey(host.db, { licenseId, key, fence, fenceConfirmed });
    if (held.incarnation !== incarnation || held.isDeleted(licenseId)) return no({ code: "license-unknown" });
    // It does not confirm its fence: the relay that follows does, and tidies what was reserved and not used.
    const noted = notedFence(held.ledger.tally(), { fence, restore: null }, fenceBefore);
    if (!noted.applied) host.transact(() => held.note(() => noted.change));
    if (result === "taken") return no({ code: "already-exists", pointer: "/key" });
    if (result === "reserved") return yes(null);
    // D1 does not know this license, or an older one: it was set back, and the relay makes it good (OPS-1).
    held.armBy(host.clock());
    return no({ code: "storage-unavailable" });
  } catch (error) {
    host.report("a key could not be reserved in D1", error);
    return no({ code: "storage-unavailable" });
  }
}
