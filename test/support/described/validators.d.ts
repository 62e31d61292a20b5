/** What test/support/described/compiled.ts makes of the document: a module that is only in the bundle of the tests. */

import type { Described, Validate } from "./operations.ts";

export declare const OPERATIONS: readonly Described[];
export declare const VALIDATORS: Readonly<Record<string, Validate>>;
