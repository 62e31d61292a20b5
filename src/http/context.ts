/**
 * What every handler finds in its context: the same for both dialects. What devices call looks there by `c.get`, since
 * `c.var` makes a copy of everything at each look.
 */

import type { Bindings } from "../config/config.ts";
import type { Deployment } from "../operations/deployment.ts";
import type { ProblemCode } from "./codes.ts";

export interface AppEnv {
  readonly Bindings: Bindings;
  readonly Variables: {
    /** UUIDv7, made here for every request; a client's own is never trusted. */
    requestId: string;
    deployment: Deployment;
    /** Set by `jsonBody`: whether there was one (IN-1 reads none as `{}`). */
    hasBody?: boolean;
    /** Set by `jsonBody`: the body as it was parsed. */
    sent?: object;
    /** Set by `jsonBody`: `Prefer: handling=strict` is honoured (IN-3), and the answer says so. */
    isStrict?: boolean;
    /** Of the problem that is answered, for the log (OBS-1). */
    problemCode?: ProblemCode;
  };
}
