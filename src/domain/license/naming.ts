/** What a license may refer to beside its user, as its PATCH and its plan name it (REF-1). */

import type { MaintenancePolicy } from "../terms/maintenance.ts";

/** Absent = not named. */
export interface Naming {
  /** As D1 has the policy now; null = none, in a plan: that it is gone. */
  readonly maintenance?: MaintenancePolicy | null;
  /** The id of a set; null likewise. */
  readonly entitlementSetId?: string | null;
}
