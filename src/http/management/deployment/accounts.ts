/** `GET /v3/accounts/{id}`: the vendor is the one account (0088-the-deployment-is-the-account.md). */

import type { Deployment } from "../../../operations/deployment.ts";
import { Hono } from "../../hono.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { instant } from "../resource/instant.ts";
import { notFound, uuidInPath } from "../resource/refusals.ts";

export const accounts = new Hono<ManagementEnv>().get("/:id", holding("account:read"), (c) => {
  const { deployment } = c.var;
  if (uuidInPath(c) !== deployment.id) throw notFound();
  return c.json(accountResource(deployment));
});

export function accountResource({ id, createdAt, issuer }: Deployment) {
  return { id, createdAt: instant(createdAt), issuer };
}
