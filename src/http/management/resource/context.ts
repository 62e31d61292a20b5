/** What a /v3 handler finds in its context once src/http/management/resource/authentication.ts has let the call in. */

import type { Caller, SignedInUser } from "../../../domain/license/calls.ts";
import type { AccessToken } from "../../../registry/rows/access-tokens.ts";
import type { AppEnv } from "../../context.ts";
import type { Sight } from "../../scopes.ts";

export type Self = SignedInUser | { readonly kind: "token"; readonly token: AccessToken };

export interface ManagementEnv extends AppEnv {
  readonly Variables: AppEnv["Variables"] & {
    /** Scopes of the credential; `*` is everything. */
    scopes: readonly string[];
    /** What of it resources show (MGMT-7). */
    sight: Sight;
    caller: Caller;
    /** Who the credential is, so that no two are the same (MGMT-4). */
    principal: readonly string[];
    /** Null: `ROOT_SECRET`, which is nobody's. */
    self: Self | null;
    /** Epoch ms, read once. */
    now: number;
  };
}
