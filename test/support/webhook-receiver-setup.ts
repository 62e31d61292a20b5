/** Vitest's global set-up: webhook receivers for all test files of a run. */

import type { TestProject } from "vitest/node";
import { startWebhookReceivers } from "./webhook-receiver.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where receivers are made. */
    webhookReceivers: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const receivers = await startWebhookReceivers();
  project.provide("webhookReceivers", receivers.url);
  return receivers.stop;
}
