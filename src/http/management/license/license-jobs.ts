/** `/v3/license-jobs` (CON-27): one act on many licenses, in steps. */

import type { Context } from "hono";
import type { Job, JobHolder } from "../../../domain/license/job.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { retryJob, startJob, stopJob } from "../../../operations/license/start-job.ts";
import { stepJob } from "../../../operations/license/step-job.ts";
import { failuresOf, jobById, jobList, listJobs } from "../../../registry/jobs/jobs.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody, validQuery } from "../../validate.ts";
import { answerFound, answerList, listQuery } from "../list/paging.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { allow } from "../resource/sight.ts";
import { failureResource, jobCreation, jobResource } from "./license-job-wire.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["startedAt"], { list: jobList, newestFirst: true });
const failureQuery = listQuery(["licenseId"]);
const one = reading("license:read", byId(jobById));

export const licenseJobs = new Hono<ManagementEnv>()
  .post("/", holding("license:write"), body, validBody(jobCreation), async (c) => {
    const wanted = c.req.valid("json");
    if ("wanted" in wanted.which) allow(c.var.sight, "license", wanted.which.wanted);
    const { deployment, now } = c.var;
    const job = valueOf(
      await createOnce<Job>(deployment, await repetitionOf(c), now, (keep) =>
        startJob(deployment, wanted, holderOf(c), now, keep),
      ),
    );
    return c.json(jobResource(job, c.var.sight), 202, { Location: `/v3/license-jobs/${job.id}` });
  })
  .get("/", holding("license:read"), validQuery(query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listJobs(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "license", asked, found, (job) => jobResource(job, c.var.sight));
  })
  .get("/:id", one.middleware, (c) => answer(c, one.found(c)))
  .get("/:id/failures", one.middleware, validQuery(failureQuery), async (c) => {
    const { id, failed } = there(one.found(c));
    const asked = c.req.valid("query");
    const { limit, from } = asked;
    const place = "after" in from ? { skip: 0, after: from.after.id } : from;
    const rows = await failuresOf(c.var.deployment.db, id, { limit: limit + 1, ...place });
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const next = last === undefined ? null : { value: null, id: last.licenseId };
    return answerList(c, asked, { rows: shown, next }, failed, failureResource);
  })
  .post("/:id/step", holding("license:write"), async (c) => {
    return answer(c, await stepJob(c.var.deployment, uuidInPath(c), c.get("requestId"), Date.now));
  })
  .post("/:id/cancel", holding("license:write"), async (c) => {
    return answer(c, await stopJob(c.var.deployment, uuidInPath(c), c.var.now));
  })
  .post("/:id/retry", holding("license:write"), async (c) => {
    return answer(c, valueOf(await retryJob(c.var.deployment, uuidInPath(c), holderOf(c), c.var.now)));
  });

function holderOf({ var: { caller, principal, self } }: Context<ManagementEnv>): JobHolder {
  const tokenId = self?.kind === "token" ? self.token.id : null;
  return { actor: caller.actor, principal: JSON.stringify(principal), tokenId };
}

function answer(c: Context<ManagementEnv>, job: Job | null): Response {
  return c.json(jobResource(there(job), c.var.sight));
}
