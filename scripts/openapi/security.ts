/** Who may call, in the document's words (AUTH-1, MGMT-5). */

import type { Operation } from "./operation.ts";
import type { JsonSchema } from "./type-schemas.ts";

export const SECURITY_SCHEMES: Readonly<Record<string, JsonSchema>> = {
  accessToken: {
    type: "http",
    scheme: "bearer",
    description: "An access token (`lh_pat_...`) that has the scope of the operation.",
  },
  oidc: {
    type: "openIdConnect",
    openIdConnectUrl: "https://identity-provider.example/.well-known/openid-configuration",
    description:
      "A person who signed in at the vendor's identity provider (`OIDC_ISSUER`), with the scopes `email profile roles`. " +
      "In /v3 their role gives them scopes.",
  },
  licenseToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The license token of an anonymous activation, for calls about its own session.",
  },
  rootSecret: {
    type: "http",
    scheme: "bearer",
    description: "`ROOT_SECRET`: makes the first access token, and does nothing else.",
  },
};

const PERSON = { oidc: ["email", "profile", "roles"] };

export function securityOf(
  credentials: Operation["credentials"],
  scope: string | undefined,
): readonly Readonly<Record<string, readonly string[]>>[] {
  const token = { accessToken: scope === undefined ? [] : [scope] };
  switch (credentials) {
    case "none":
      return [];
    case "device":
      return [{}, PERSON, token];
    case "owner":
      return [{ licenseToken: [] }, PERSON, token];
    default:
      return [token, PERSON, ...(scope === "personalAccessToken:write" ? [{ rootSecret: [] }] : [])];
  }
}
