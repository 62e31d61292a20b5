/** What every operation stands on: this deployment's configuration, secrets, stores and caches, opened once per isolate. */

import type { Config } from "../config.ts";
import type { LicenseDirectory } from "../license/stub.ts";
import type { KeyRing } from "../tokens/key-ring.ts";
import type { Wrapping } from "../tokens/wrapping.ts";

export interface Deployment {
  readonly config: Config;
  /** CFG-1: made at first use. */
  readonly id: string;
  /** TOK-2 `iss`: `PUBLIC_URL`, else `urn:leasehold:<id>`; never the Host header. */
  readonly issuer: string;
  readonly db: D1Database;
  /** The license objects, by locator. */
  readonly licenses: LicenseDirectory;
  /** ID-1: the locator of a normalised key: 15 hex digits of its HMAC-SHA-256. */
  locator(key: string): Promise<string>;
  /** TOK-4: encryption under the wrapping key. */
  readonly wrapping: Wrapping;
  readonly keyRing: KeyRing;
}
