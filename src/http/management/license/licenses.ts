/** `/v3/licenses` (LIC-1, docs/api.md). */

import type { Context } from "hono";
import type { MaintainCall } from "../../../domain/license/calls.ts";
import type { Outcome } from "../../../domain/outcome.ts";
import type { Usage } from "../../../domain/seats/usage.ts";
import type { LicenseView } from "../../../domain/terms/license.ts";
import {
  deleteLicense,
  deleteMeter,
  deleteMetadataItem,
  extendLicense,
  maintainLicense,
  patchLicense,
  renewLicense,
  resetMeter,
  setExpiresAt,
} from "../../../operations/license/change-license.ts";
import { createLicense, createLicenses, type CreatedLicense } from "../../../operations/license/create-license.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { licenseEntityTag } from "../../../operations/entity-tag.ts";
import { readLicense } from "../../../operations/license/read-license.ts";
import { readUsage } from "../../../operations/license/read-usage.ts";
import { licenseList } from "../../../registry/rows/license-fields.ts";
import { listLicenses } from "../../../registry/rows/licenses.ts";
import { tried } from "../../../registry/db/outage.ts";
import { ask } from "../../../registry/db/question.ts";
import { completedNames, namesOfLicense, namesOfLicenses, NO_NAMES, type Names } from "../../../registry/rows/names.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody, validQuery } from "../../validate.ts";
import { holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller, withoutTag, type Answer } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { seen } from "../resource/sight.ts";
import {
  licenseBatch,
  licenseCreation,
  licenseEnd,
  licenseExtension,
  licensePatch,
  licenseRenewal,
  maintenanceRenewal,
} from "./license-bodies.ts";
import { licenseResource } from "./license-resource.ts";
import { lengthening, licenseChange, planNamed, wantedLicense } from "./license-wire.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { valueOf } from "../resource/refusals.ts";
import type { Sight } from "../../scopes.ts";
import { daysAsked, usageQuery, usageResource } from "./usage-wire.ts";
import { Hono } from "../../hono.ts";
import { idInPath } from "../../path-ids.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
/** What a license shows of these it shows anyway. */
const LINKED = [
  "user",
  "organization",
  "reseller",
  "userGroups",
  "product",
  "entitlementSet",
  "maintenancePolicy",
] as const;
const query = listQuery(["createdAt", "updatedAt", "expiresAt"], { list: licenseList, includes: LINKED });

const one = reading("license:read", readLicense);

/** Where the query is none, it is 400 once the caller is let in. */
const used = reading<Outcome<Usage>>("license:read", async (deployment, id, asked, queries) => {
  const sent = usageQuery.safeParse({ days: queries["days"]?.[0] });
  return await readUsage(deployment, id, sent.success ? daysAsked(sent.data) : 1, asked);
});

/** Of a change: names, mostly those that the license has after its change, too. */
const changing = reading<Names>("license:write", async (_, id, asked) => {
  const read = await tried(asked(namesOfLicense(id)));
  return "answer" in read ? read.answer : NO_NAMES;
});

export const licenses = new Hono<ManagementEnv>()
  .post("/", holding("license:write"), body, validBody(licenseCreation), async (c) => {
    const wanted = wantedLicense(c.req.valid("json"));
    const { deployment, caller, now } = c.var;
    const { license, isNew } = valueOf(
      await createOnce<CreatedLicense>(deployment, await repetitionOf(c), now, (keep) =>
        createLicense(deployment, wanted, caller, now, keep),
      ),
    );
    const headers = { Location: `/v3/licenses/${license.id}` };
    return await answer(
      c,
      license,
      NO_NAMES,
      isNew ? { status: 201, headers, sight: withKey(c.var.sight) } : { headers },
    );
  })
  .post("/batch", holding("license:write"), body, validBody(licenseBatch), async (c) => {
    const wanted = c.req.valid("json").licenses.map(wantedLicense);
    const { deployment, caller, now } = c.var;
    const created = valueOf(
      await createOnce<readonly CreatedLicense[]>(deployment, await repetitionOf(c), now, (keep) =>
        createLicenses(deployment, wanted, caller, now, keep),
      ),
    );
    return await answerCreated(c, created);
  })
  .get("/", holding("license:read"), validList("license", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listLicenses(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "license", asked, found, ({ license, names }) => licenseResource(license, names));
  })
  .get("/:id", one.middleware, async (c) => {
    const { license, names } = valueOf(one.found(c));
    return await answer(c, license, names);
  })
  .get("/:id/usage", used.middleware, validQuery(usageQuery), async (c) => {
    return c.json(usageResource(idInPath(c), valueOf(used.found(c))));
  })
  .patch("/:id", changing.middleware, body, validBody(licensePatch), async (c) => {
    const id = idInPath(c);
    const change = licenseChange(c.req.valid("json"));
    const license = valueOf(await patchLicense(c.var.deployment, id, change, await conditionalCaller(c)));
    return await answer(c, license, changing.found(c), change.key === undefined ? {} : { sight: withKey(c.var.sight) });
  })
  .delete("/:id", holding("license:write"), async (c) => {
    const id = idInPath(c);
    valueOf(await deleteLicense(c.var.deployment, id, await conditionalCaller(c)));
    return c.body(null, 204);
  })
  .delete("/metadata/:id", holding("license:write"), withoutTag, async (c) => {
    valueOf(await deleteMetadataItem(c.var.deployment, idInPath(c), c.var.caller));
    return c.body(null, 204);
  })
  .delete("/meter-attributes/:id", holding("license:write"), withoutTag, async (c) => {
    valueOf(await deleteMeter(c.var.deployment, idInPath(c), c.var.caller));
    return c.body(null, 204);
  })
  .post("/meter-attributes/:id/reset", holding("license:write"), body, async (c) => {
    const call = { ...c.var.caller, meterId: idInPath(c), idempotency: await repetitionOf(c) };
    return await answer(c, valueOf(await resetMeter(c.var.deployment, call)), NO_NAMES);
  })
  // Clients send no body here, some with a form's media type: `body` looks at the type of what is there.
  .post("/:id/renew", changing.middleware, body, validBody(licenseRenewal), async (c) => {
    const id = idInPath(c);
    const wanted = c.req.valid("json");
    const call = { ...c.var.caller, ...lengthening(wanted), idempotency: await repetitionOf(c) };
    return await answer(
      c,
      valueOf(await renewLicense(c.var.deployment, id, call, planNamed(wanted))),
      changing.found(c),
    );
  })
  .post("/:id/extend", changing.middleware, body, validBody(licenseExtension), async (c) => {
    const id = idInPath(c);
    const wanted = c.req.valid("json");
    const lengthened = { ...lengthening(wanted), seconds: wanted.extensionLength };
    const call = { ...c.var.caller, ...lengthened, idempotency: await repetitionOf(c) };
    return await answer(c, valueOf(await extendLicense(c.var.deployment, id, call)), changing.found(c));
  })
  .post("/:id/maintenance/renew", changing.middleware, body, validBody(maintenanceRenewal), async (c) => {
    const wanted = lengthening(c.req.valid("json"));
    return await answer(c, valueOf(await maintained(c, { ...wanted, seconds: null })), changing.found(c));
  })
  .post("/:id/maintenance/extend", changing.middleware, body, validBody(licenseExtension), async (c) => {
    const wanted = c.req.valid("json");
    const lengthened = { ...lengthening(wanted), seconds: wanted.extensionLength };
    return await answer(c, valueOf(await maintained(c, lengthened)), changing.found(c));
  })
  .patch("/:id/expires-at", changing.middleware, body, validBody(licenseEnd), async (c) => {
    const id = idInPath(c);
    const call = { ...(await conditionalCaller(c)), expiresAt: c.req.valid("json").expiresAt };
    return await answer(c, valueOf(await setExpiresAt(c.var.deployment, id, call)), changing.found(c));
  });

/** MAINT-2. */
async function maintained(
  c: Context<ManagementEnv>,
  wanted: Pick<MaintainCall, "from" | "renewalReference" | "seconds">,
): Promise<Outcome<LicenseView>> {
  const call = { ...c.var.caller, ...wanted, idempotency: await repetitionOf(c) };
  return await maintainLicense(c.var.deployment, idInPath(c), call);
}

async function answer(
  c: Context<ManagementEnv>,
  license: LicenseView,
  known: Names,
  how: Answer = {},
): Promise<Response> {
  const resource = licenseResource(license, await namesShown(c, known, license));
  return answerOne(c, "license", resource, await licenseEntityTag(license), how);
}

/** In order. 201 if any of them is new; those that there were before show what the caller may see anyway. */
async function answerCreated(c: Context<ManagementEnv>, created: readonly CreatedLicense[]): Promise<Response> {
  const { db } = c.var.deployment;
  let names = await lookedUp(ask(db, namesOfLicenses(created.map(({ license }) => license.id))), NO_NAMES);
  // Mostly D1 has named everything: it has the rows.
  for (const { license } of created) names = await lookedUp(completedNames(db, names, license), names);
  const shown = created.map(({ license, isNew }) =>
    seen(isNew ? withKey(c.var.sight) : c.var.sight, "license", licenseResource(license, names)),
  );
  return c.json(shown, created.some(({ isNew }) => isNew) ? 201 : 200, { "Cache-Control": "no-store" });
}

/** Whoever made or named the key knows it. */
function withKey(sight: Sight): Sight {
  return { ...sight, keys: true };
}

/** MGMT-2: a change that is committed is answered while D1 is down, only without names that nobody knows. */
async function namesShown(c: Context<ManagementEnv>, known: Names, license: LicenseView): Promise<Names> {
  return await lookedUp(completedNames(c.var.deployment.db, known, license), known);
}

async function lookedUp(names: Promise<Names>, otherwise: Names): Promise<Names> {
  const looked = await tried(names);
  return "answer" in looked ? looked.answer : otherwise;
}
