/**
 * `/v3/me` (MGMT-5): who the caller is, and licenses and activations of a signed-in person. Whose they are, the
 * verified e-mail says (AUTH-1): without one, or where no user has it, there are none. The role `admin` shows no more
 * here.
 */

import type { Context } from "hono";
import type { SignedInUser } from "../../../domain/license/calls.ts";
import { isSameEmail } from "../../../domain/terms/email.ts";
import { changeUser, selfEntityTag } from "../../../operations/catalogue/change-user.ts";
import { giveBackActivation } from "../../../operations/activation/delete-activation.ts";
import { listActivations, readActivation } from "../../../operations/activation/read-activation.ts";
import { readLicense } from "../../../operations/license/read-license.ts";
import { askingAlone, inOneTrip, type Asking } from "../../../registry/db/round-trip.ts";
import type { Wanted } from "../../../registry/find/filter.ts";
import type { Found } from "../../../registry/find/find.ts";
import { listLicenses } from "../../../registry/rows/licenses.ts";
import { NO_NAMES, type Names } from "../../../registry/rows/names.ts";
import { userByEmail, type User } from "../../../registry/rows/users.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { Problem } from "../../problem.ts";
import { validBody, validQuery } from "../../validate.ts";
import { activationResource } from "../activation/activation-resource.ts";
import { known } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller, withoutTag } from "../resource/entity-tag-headers.ts";
import { licenseResource } from "../license/license-resource.ts";
import { forItsUser, personSelf, selfChange, selfPatch, tokenSelf } from "./me-wire.ts";
import { answerFound, listQuery } from "../list/paging.ts";
import { notFound, there, valueOf } from "../resource/refusals.ts";
import { idInPath } from "../../path-ids.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const licenseQuery = listQuery(["createdAt", "updatedAt", "expiresAt"]);
const activationQuery = listQuery(["createdAt"]);
const NOTHING: Found<never> = { found: true, page: { rows: [], next: null }, total: 0 };

export const me = new Hono<ManagementEnv>()
  .get("/", known, async (c) => {
    const { self, deployment } = c.var;
    if (self?.kind === "token") return c.json(tokenSelf(deployment.id, self.token));
    const person = personOf(c);
    return await answerPerson(c, person, await userOf(c, person));
  })
  .patch("/", known, body, validBody(selfPatch), async (c) => {
    const { deployment, now } = c.var;
    const person = personOf(c);
    const user = await userOf(c, person);
    if (user === null)
      throw new Problem("NOT_FOUND", "The vendor has no user with your e-mail, so there is nothing to change.");
    const change = selfChange(c.req.valid("json"), personSelf(deployment.id, person, user));
    const changed = there(
      valueOf(await changeUser(deployment, user.id, change, await conditionalCaller(c), now, selfEntityTag)),
    );
    return await answerPerson(c, person, changed);
  })
  .get("/licenses", known, validQuery(licenseQuery), async (c) => {
    const { db } = c.var.deployment;
    const asked = c.req.valid("query");
    const user = await userOf(c, personOf(c));
    const found = user === null ? NOTHING : await listLicenses(db, asked, of(user), c.var.now);
    return answerFound(c, "license", asked, found, ({ license, names }) => licenseResource(forItsUser(license), names));
  })
  .get("/licenses/:id", known, async (c) => {
    const [found, read] = await beside(c, (asked) => readLicense(c.var.deployment, idInPath(c), asked));
    const user = there(found);
    const { license } = valueOf(read);
    if (license.terms.user?.id !== user.id) throw notFound();
    return c.json(licenseResource(forItsUser(license), namesOf(user)));
  })
  .get("/activations", known, validQuery(activationQuery), async (c) => {
    const { deployment } = c.var;
    const asked = c.req.valid("query");
    const user = await userOf(c, personOf(c));
    const found = user === null ? NOTHING : await listActivations(deployment, asked, of(user), c.var.now);
    return answerFound(c, "activation", asked, found, (activation) => activationResource(activation));
  })
  .get("/activations/:id", known, async (c) => {
    const [found, read] = await beside(c, (asked) => readActivation(c.var.deployment, idInPath(c), asked));
    const user = there(found);
    const activation = valueOf(read);
    if (activation.user?.id !== user.id) throw notFound();
    return c.json(activationResource(activation));
  })
  .delete("/activations/:id", known, withoutTag, async (c) => {
    const person = personOf(c);
    there(await userOf(c, person));
    const given = await giveBackActivation(c.var.deployment, idInPath(c), person, c.var.requestId);
    if (!given.ok && given.refusal.code === "license-revoked") throw revoked();
    valueOf(given);
    return c.body(null, 204);
  });

/** AUTH-8. Its activations have ended all together, and there is nothing to give back. */
function revoked(): Problem {
  return new Problem("FORBIDDEN", "The vendor has revoked this license, which has ended its activations.");
}

/** 403: an access token is no person. */
function personOf(c: Context<ManagementEnv>): SignedInUser {
  const { self } = c.var;
  if (self?.kind === "user") return self;
  throw new Problem("FORBIDDEN", "This call is for signed-in people, not for access tokens.");
}

/** The caller's user, and what is read of one thing that may be theirs, in one round trip to D1. */
async function beside<T>(
  c: Context<ManagementEnv>,
  read: (asked: Asking) => Promise<T>,
): Promise<readonly [User | null, T]> {
  const person = personOf(c);
  return await inOneTrip(c.var.deployment.db, (asked) => Promise.all([userOf(c, person, asked), read(asked)]));
}

/** EMAIL-1: what was found is compared once more, since it opens a person's licenses. */
async function userOf(
  c: Context<ManagementEnv>,
  { email }: SignedInUser,
  asked: Asking = askingAlone(c.var.deployment.db),
): Promise<User | null> {
  const user = email === null ? null : await asked(userByEmail(email));
  return user !== null && email !== null && isSameEmail(user.email, email) ? user : null;
}

function of({ id }: User): Wanted {
  return { filters: [{ parameter: "", member: "userId", operator: "eq", values: [id] }], search: null };
}

/** Tags are not for the user's eyes. */
function namesOf(user: User | null): Names {
  return user === null ? NO_NAMES : { ...NO_NAMES, users: new Map([[user.id, user]]) };
}

async function answerPerson(c: Context<ManagementEnv>, person: SignedInUser, user: User | null): Promise<Response> {
  const self = personSelf(c.var.deployment.id, person, user);
  return user === null ? c.json(self) : answerOne(c, "user", self, await selfEntityTag(user));
}
