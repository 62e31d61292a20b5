/** Where a license may be used: the country and the address that a call comes from (NET-1). */

import { isAmong } from "../terms/addresses.ts";
import type { Terms } from "../terms/license.ts";
import type { NetworkFacts } from "./device.ts";
import type { Refusal } from "../refusal.ts";

export type NetworkTerms = Pick<
  Terms,
  "allowedCountries" | "disallowedCountries" | "allowedIpAddresses" | "allowedIpRanges" | "disallowedIpAddresses"
>;

/** The country first, then the address. What is not known is in no list: a list of what is allowed refuses it. */
export function networkRefusal(terms: NetworkTerms, { country, address }: NetworkFacts): Refusal | null {
  if (!isCountryAllowed(terms, country)) return { code: "country-not-allowed", country };
  return isAddressAllowed(terms, address) ? null : { code: "ip-address-not-allowed", address };
}

function isCountryAllowed({ allowedCountries, disallowedCountries }: NetworkTerms, country: string | null): boolean {
  if (country === null) return allowedCountries.length === 0;
  return (
    (allowedCountries.length === 0 || allowedCountries.includes(country)) && !disallowedCountries.includes(country)
  );
}

/** Addresses and ranges are one list of what is allowed. */
function isAddressAllowed(terms: NetworkTerms, address: string | null): boolean {
  const { allowedIpAddresses, allowedIpRanges, disallowedIpAddresses } = terms;
  const allowsAll = allowedIpAddresses.length + allowedIpRanges.length === 0;
  if (address === null) return allowsAll;
  const isAllowed = allowsAll || isAmong(address, allowedIpAddresses) || isAmong(address, allowedIpRanges);
  return isAllowed && !isAmong(address, disallowedIpAddresses);
}
