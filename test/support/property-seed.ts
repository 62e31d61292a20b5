/** Vitest's set-up of a file: properties begin with the run's seed, but for those that name one. */

import * as fc from "fast-check";
import { inject } from "vitest";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject("propertySeed") });
