/**
 * NET-1: where a call comes from, as the platform says it: nothing that a client writes counts. And what both APIs say
 * to a device that a license does not admit, there or as it is.
 */

import type { Context } from "hono";
import type { NetworkFacts } from "../domain/license/device.ts";
import type { RefusalOf } from "../domain/refusal.ts";
import { addressText } from "../domain/terms/addresses.ts";
import type { AppEnv } from "./context.ts";

/** `XX` is the platform's word for none that it knows, and `T1`, of the Tor network, is no country. */
const COUNTRY = /^(?!XX)[A-Z]{2}$/;

export function networkOf(c: Pick<Context<AppEnv>, "req" | "get">): NetworkFacts {
  return { country: countryOf(c), address: addressText(c.req.header("CF-Connecting-IP") ?? "") };
}

/** In development nobody stands in between: the header is a tester's way to be elsewhere. */
function countryOf(c: Pick<Context<AppEnv>, "req" | "get">): string | null {
  const isDevelopment = c.get("deployment").config.environment === "development";
  const header = isDevelopment ? c.req.header("CF-IPCountry") : undefined;
  const told: unknown = header ?? c.req.raw.cf?.["country"];
  return typeof told === "string" && COUNTRY.test(told) ? told : null;
}

/** Null = not known. */
export function notInCountry(country: string | null): string {
  if (country === null) return `This license is for certain countries, and yours is not known. ${WITHOUT_A_VPN}.`;
  return `This license may not be used in the country that you are in (${country}). ${WITHOUT_A_VPN} to allow it.`;
}

export function notFromAddress(address: string | null): string {
  if (address === null) return `This license is for certain addresses, and yours is not known. ${FROM_WITHIN}.`;
  return `This license may not be used from your address (${address}). ${FROM_WITHIN} to allow it.`;
}

const WITHOUT_A_VPN = "Use it without a VPN, or ask the vendor";
const FROM_WITHIN = "Use it from an allowed network, or ask the vendor";

export const NOT_IN_A_VM =
  "This license may not be used in a virtual machine. Activate on the computer itself, or ask the vendor to allow it.";
export const NOT_IN_A_CONTAINER =
  "This license may not be used in a container. Activate outside of it, or ask the vendor to allow it.";

/** A version that is none was not told. */
export function notThisRelease({ version, why }: RefusalOf<"version-not-allowed">): string {
  const told = version === null ? "the app did not tell its version, or none of 2 to 4 numbers" : `this is ${version}`;
  return `This license is ${coveredBy(why)}, and ${told}. ${AN_OLDER_ONE}.`;
}

function coveredBy(why: RefusalOf<"version-not-allowed">["why"]): string {
  switch (why.kind) {
    case "limit":
      return `for versions up to ${why.latest}`;
    case "unknown":
      return "for certain versions";
    case "over":
      return `for versions from before its maintenance ended at ${new Date(why.endedAt).toISOString()}`;
    default:
      return `used with ${why.newest} and not for ${why.kind} updates`;
  }
}

const AN_OLDER_ONE = "Use one that it covers, or ask the vendor";
