/** HOOK-3: where this deployment's webhooks may go. */

import type { Config } from "../../config/config.ts";
import type { RefusalOf } from "../../domain/refusal.ts";
import { targetFault } from "../../webhooks/wire/targets.ts";

export function urlRefusal({ environment, webhookPorts }: Config, url: string): RefusalOf<"invalid-member"> | null {
  const detail = targetFault(url, { development: environment === "development", ports: webhookPorts });
  return detail === null ? null : { code: "invalid-member", pointer: "/url", detail };
}
