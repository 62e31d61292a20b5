/**
 * An object of a deploy that is under way: reached by the runtime's own RPC, running code that differs from today's.
 */

import { runInDurableObject } from "cloudflare:test";
import type { LicenseObject } from "../../src/license/license-object.ts";
import type { LicenseRpc } from "../../src/license/rpc.ts";

/** Whatever another version may take and answer. */
export type Method = (...given: readonly unknown[]) => Promise<unknown>;
export type Methods = { readonly [Name in keyof LicenseRpc]?: Method | null };
export type Today = { readonly [Name in keyof LicenseRpc]: Method };

/**
 * From now on, and until it is evicted, the object has these methods in place of today's; null = it has none of that
 * name. `today` are the real ones.
 */
export async function runOtherVersion(
  stub: DurableObjectStub<LicenseObject>,
  methodsOf: (today: Today) => Methods,
): Promise<void> {
  await runInDurableObject(stub, (object) => {
    const today = Object.getPrototypeOf(object) as object;
    const methods = Object.entries(methodsOf(boundMethods(object, today)));
    const present = methods.flatMap(([name, value]) => (value === null ? [] : [[name, { value }] as const]));
    Object.setPrototypeOf(object, Object.create(today, Object.fromEntries(present)) as object);
    for (const [name, method] of methods) {
      // RPC sees the methods of the class alone: what the object itself has is not there for callers.
      if (method === null) Object.defineProperty(object, name, { value: null });
    }
  });
}

function boundMethods(object: object, today: object): Today {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(today)).flatMap(([name, { value }]) =>
    typeof value === "function" ? [[name, (value as Method).bind(object)] as const] : [],
  );
  return Object.fromEntries(methods) as unknown as Today;
}
