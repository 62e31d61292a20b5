/** What a license may run on: the rules about virtual machines and containers (NET-1). */

import type { Terms } from "../terms/license.ts";
import type { DeviceClaims } from "./device.ts";
import type { Refusal } from "../refusal.ts";

export type MachineTerms = Pick<Terms, "type" | "allowVmActivation" | "allowContainerActivation">;

/** Both rules forbid, so that what is not known passes. A device with a `vmName` is a virtual machine. */
export function machineRefusal(
  terms: MachineTerms,
  { vmName, container }: Pick<DeviceClaims, "vmName" | "container">,
): Refusal | null {
  if (!terms.allowVmActivation && (vmName ?? "").trim() !== "") return { code: "vm-not-allowed" };
  return container === true && !allowsContainers(terms) ? { code: "container-not-allowed" } : null;
}

/** A float server that is copied with its container would give out its seats twice: it never runs in one. */
function allowsContainers({ type, allowContainerActivation }: MachineTerms): boolean {
  return allowContainerActivation && type !== "on-premise-floating";
}
