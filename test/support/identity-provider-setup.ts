/** Vitest's global set-up: identity providers for all test files of a run. */

import type { TestProject } from "vitest/node";
import { startIdentityProviders } from "./identity-provider.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where providers are made. */
    identityProviders: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const providers = await startIdentityProviders();
  project.provide("identityProviders", providers.url);
  return providers.stop;
}
