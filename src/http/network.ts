/** NET-1: where a call comes from, as the platform says it: nothing that a client writes counts. */

import type { Context } from "hono";
import type { NetworkFacts } from "../domain/license/device.ts";
import type { AppEnv } from "./context.ts";
import { ADDRESS_CHARACTERS } from "./limits.ts";

/** Two capitals; `XX` is the platform's word for none that it knows. */
const COUNTRY = /^(?!XX)[A-Z][A-Z0-9]$/;

export function networkOf(c: Pick<Context<AppEnv>, "req" | "var">): NetworkFacts {
  const address = c.req.header("CF-Connecting-IP") ?? "";
  const isAddress = address !== "" && address.length <= ADDRESS_CHARACTERS;
  return { country: countryOf(c), address: isAddress ? address : null };
}

/** In development nobody stands in between: the header is a tester's way to be elsewhere. */
function countryOf(c: Pick<Context<AppEnv>, "req" | "var">): string | null {
  const isDevelopment = c.var.deployment.config.environment === "development";
  const header = isDevelopment ? c.req.header("CF-IPCountry") : undefined;
  const told: unknown = header ?? c.req.raw.cf?.["country"];
  return typeof told === "string" && COUNTRY.test(told) ? told : null;
}
