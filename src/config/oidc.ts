/** The `OIDC_*` variables (AUTH-1, VAR-1): all of them valid together, or faults. */

import { isLoopbackHttp } from "../tokens/loopback.ts";
import type { OidcSettings } from "../tokens/oidc-verification.ts";

/** As they were set, without surrounding white space; null = not set. */
export interface OidcTexts {
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly rolesClaim: string | null;
  readonly trustEmail: string | null;
}

export interface OidcFault {
  readonly name: "OIDC_ISSUER" | "OIDC_AUDIENCE" | "OIDC_ROLES_CLAIM" | "OIDC_TRUST_EMAIL";
  readonly detail: string;
}

const DEFAULT_ROLES_CLAIM = "roles";
const LONGEST_CLAIM_NAME = 256;
const MOST_AUDIENCES = 20;
const LONGEST_AUDIENCE = 512;
const WELL_KNOWN = "/.well-known/openid-configuration";

/** `settings` null: nobody signs in, or there are faults. `allowsLoopback`: development. */
export function readOidc(
  texts: OidcTexts,
  { allowsLoopback }: { readonly allowsLoopback: boolean },
): { readonly settings: OidcSettings | null; readonly faults: readonly OidcFault[] } {
  const audiences = (texts.audience ?? "").split(",").map((audience) => audience.trim());
  const faults = [
    fault("OIDC_ISSUER", issuerFault(texts, allowsLoopback)),
    fault("OIDC_AUDIENCE", audienceFault(texts, audiences)),
    fault("OIDC_ROLES_CLAIM", rolesClaimFault(texts.rolesClaim)),
    fault("OIDC_TRUST_EMAIL", trustEmailFault(texts.trustEmail)),
  ].flat();
  if (faults.length > 0 || texts.issuer === null) return { settings: null, faults };
  const settings = {
    issuer: texts.issuer,
    audiences,
    rolesClaim: texts.rolesClaim ?? DEFAULT_ROLES_CLAIM,
    trustEmail: texts.trustEmail === "true",
  };
  return { settings, faults };
}

function fault(name: OidcFault["name"], detail: string | null): readonly OidcFault[] {
  return detail === null ? [] : [{ name, detail }];
}

/** It is compared as it stands with `iss` and with the discovery document, so that a slash at its end may be right. */
function issuerFault({ issuer, audience }: OidcTexts, allowsLoopback: boolean): string | null {
  if (issuer === null) {
    return audience === null ? null : "It is missing, while OIDC_AUDIENCE is set. Set it to your provider's issuer.";
  }
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (url === null || (url.protocol !== "https:" && !(allowsLoopback && isLoopbackHttp(url)))) {
    return "Set it to the https URL that your provider calls its issuer, or remove it.";
  }
  if (url.username !== "" || url.password !== "" || /[?#]/.test(issuer)) {
    return "Write it without a user, query or fragment.";
  }
  return issuer.includes(WELL_KNOWN) ? `Write it without ${WELL_KNOWN}.` : null;
}

/** Without an audience, a token that the provider gave to any other app would sign its holder in here. */
function audienceFault({ issuer, audience }: OidcTexts, audiences: readonly string[]): string | null {
  const remedy = "Set it to what your tokens carry as `aud`: several values separated by commas.";
  if (audience === null) return issuer === null ? null : `It is missing, while OIDC_ISSUER is set. ${remedy}`;
  if (audiences.length > MOST_AUDIENCES) return `It has more than ${MOST_AUDIENCES} values.`;
  const areSound = audiences.every((one) => one !== "" && one.length <= LONGEST_AUDIENCE);
  return areSound ? null : `One of its values is empty or too long. ${remedy}`;
}

function rolesClaimFault(claim: string | null): string | null {
  return claim === null || claim.length <= LONGEST_CLAIM_NAME ? null : "It is too long for the name of a claim.";
}

function trustEmailFault(trust: string | null): string | null {
  return trust === null || trust === "true" || trust === "false" ? null : "Set it to `true`, or remove it.";
}
