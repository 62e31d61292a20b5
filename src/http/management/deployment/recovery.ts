/**
 * `/v3/recovery`: after D1 was set back, every object is asked to make it agree again (OPS-1). For `scripts/resync.ts`,
 * and for a token that may do everything: it reads across all resources, and ROOT_SECRET may only mint (MGMT-5).
 */

import * as z from "zod/mini";
import { locatorOf } from "../../../domain/terms/identifier.ts";
import { resyncObjects, type ObjectName, type ResyncedObject } from "../../../operations/upkeep/resync.ts";
import { findMissing, knownLicenses } from "../../../registry/upkeep/after-restore.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES, RECOVERY_ROWS, RESYNCED_OBJECTS } from "../../limits.ts";
import { parsed, validBody, validQuery } from "../../validate.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { uuid } from "../resource/members.ts";
import { Hono } from "../../hono.ts";

const OBJECT_ID = /^[0-9a-f]{64}$/;

const objectName = parsed(z.string(), nameOf, "must be a license id, or an object id of 64 hex digits");
const resyncCall = z.object({
  objects: z.array(objectName).check(z.minLength(1), z.maxLength(RESYNCED_OBJECTS)),
});
/** A misspelt `after` would begin anew. */
const lookCall = z.strictObject({ after: z.optional(uuid) });

export const recovery = new Hono<ManagementEnv>()
  .post("/resync", holding("*"), jsonBody(MANAGEMENT_BODY_BYTES), validBody(resyncCall), async (c) => {
    const asked = await resyncObjects(c.var.deployment, c.req.valid("json").objects);
    return c.json({ objects: asked.map(resyncedResource) });
  })
  .get("/licenses", holding("*"), validQuery(lookCall), async (c) => {
    const { rows, next } = await knownLicenses(c.var.deployment.db, c.req.valid("query").after ?? "", RECOVERY_ROWS);
    return c.json({ licenseIds: rows, next });
  })
  .get("/missing", holding("*"), validQuery(lookCall), async (c) => {
    const { rows, next } = await findMissing(c.var.deployment.db, c.req.valid("query").after ?? "", RECOVERY_ROWS);
    return c.json({ licenses: rows, next });
  });

function nameOf(sent: string): ObjectName | null {
  const name = sent.toLowerCase();
  if (OBJECT_ID.test(name)) return { objectId: name };
  return locatorOf(name) === null ? null : { licenseId: name };
}

export function resyncedResource({ name, state, answer }: ResyncedObject) {
  return {
    object: "objectId" in name ? name.objectId : name.licenseId,
    state,
    licenseId: answer?.licenseId ?? null,
    deletedLicenseIds: answer?.deletedIds ?? [],
    revivedLicenseIds: answer?.revived ?? [],
    found: answer?.found ?? null,
    left: answer?.left ?? null,
  };
}
