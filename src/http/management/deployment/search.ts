/** `POST /v3/search`: one box for everything. A body, so that no key or e-mail stands in an address. Writes nothing. */

import * as z from "zod/mini";
import { search, shapeOf, type Found, type HitType } from "../../../operations/license/search.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { ACTIVATION_BODY_BYTES, LARGEST_SEARCH, SEARCH_CHARACTERS } from "../../limits.ts";
import { Problem } from "../../problem.ts";
import { covers, type Scope } from "../../scopes.ts";
import { text, validBody } from "../../validate.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { valueOf } from "../resource/refusals.ts";

/** THE TABLE: what is found, in order of the answer, and the scope that sees it. */
const TYPES: Readonly<Record<HitType, Scope>> = {
  license: "license:read",
  activation: "activation:read",
  user: "user:read",
  product: "product:read",
  event: "eventLog:read",
  webhook: "webhook:read",
  personalAccessToken: "personalAccessToken:write",
};
const NAMES = Object.keys(TYPES) as [HitType, ...HitType[]];
const SHOWN_UNLESS_ASKED = 5;

const searchBody = z.object({
  q: text(1, SEARCH_CHARACTERS),
  types: z.nullish(z.array(z.enum(NAMES)).check(z.maxLength(NAMES.length))),
  limit: z.nullish(z.int().check(z.minimum(1), z.maximum(LARGEST_SEARCH))),
});

const body = jsonBody(ACTIVATION_BODY_BYTES);

export const searching = new Hono<ManagementEnv>().post(
  "/",
  holding("license:read"),
  body,
  validBody(searchBody),
  async (c) => {
    const { q, types, limit } = c.req.valid("json");
    const { deployment, scopes } = c.var;
    // MGMT-7: that nobody has an e-mail is as much as who does.
    if (shapeOf(q) === "email" && !covers(scopes, "user:read")) {
      throw new Problem("FORBIDDEN", "The access token lacks the scope user:read, which finds people by their e-mail.");
    }
    const asked = NAMES.filter((type) => (types ?? NAMES).includes(type) && covers(scopes, TYPES[type]));
    return c.json(searchResource(valueOf(await search(deployment, q, asked, limit ?? SHOWN_UNLESS_ASKED))));
  },
);

/** `type`: what the text was taken for. `more`: kinds of which there are more than `results` shows. */
export function searchResource({ shape, hits, more }: Found) {
  return { type: shape, results: hits.map(({ type, id, name }) => ({ type, id, name })), more: [...more] };
}
