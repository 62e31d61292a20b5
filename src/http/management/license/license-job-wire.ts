/** License jobs on /v3 (CON-27): the body that begins one, and what is shown of it. */

import * as z from "zod/mini";
import {
  JOB_ACTS,
  MOST_LICENSES,
  type Job,
  type JobAct,
  type JobFailure,
  type JobFilter,
} from "../../../domain/license/job.ts";
import type { WantedJob } from "../../../operations/license/start-job.ts";
import { membersOf } from "../../../registry/find/condition.ts";
import { licenseList } from "../../../registry/rows/license-fields.ts";
import { codeIn } from "../../codes.ts";
import { LICENSE_TAGS } from "../../limits.ts";
import type { Sight } from "../../scopes.ts";
import { tagList } from "../catalogue/tag-wire.ts";
import { readFilters, type Filters } from "../list/filters.ts";
import { instant, instantOrNull } from "../resource/instant.ts";
import { count, seconds, uuid } from "../resource/members.ts";
import { problemOf } from "../resource/refusals.ts";
import { mayAsk, seenActor } from "../resource/sight.ts";

const KNOWN = { members: membersOf(licenseList), isSearched: true, includes: [] };

const parameters = z.object({
  from: z.nullish(z.enum(["expiry", "now", "now-if-expired"])),
  extensionLength: z.nullish(seconds(1)),
  tags: tagList(LICENSE_TAGS),
});

/** Which of them an act needs, and which it takes beside. */
const TAKES: Readonly<Record<JobAct, { readonly needs?: keyof Parameters; readonly may?: keyof Parameters }>> = {
  extend: { needs: "extensionLength", may: "from" },
  renew: { may: "from" },
  suspend: {},
  lift: {},
  revoke: {},
  tag: { needs: "tags" },
  untag: { needs: "tags" },
};

type Parameters = z.output<typeof parameters>;

const sentFilter = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** The parameters of the list of licenses, which finds the same. */
const jobFilter = z.pipe(
  sentFilter,
  z.transform((sent: z.output<typeof sentFilter>, context) => ({
    sent,
    wanted: readFilters(sent, KNOWN, (name, message) =>
      context.issues.push({ code: "custom", path: [name], message, input: sent }),
    ),
  })),
);

const sentJob = z.object({
  act: z.enum([...JOB_ACTS]),
  parameters: z.nullish(parameters),
  filter: z.nullish(jobFilter),
  ids: z.nullish(z.array(uuid).check(z.minLength(1), z.maxLength(MOST_LICENSES))),
  expected: z.nullish(count(0)),
});

export const jobCreation = z.pipe(
  sentJob,
  z.transform((body: z.output<typeof sentJob>, context): WantedJob => {
    const given = sentIn(body.parameters ?? {});
    const refuse = (path: readonly string[], message: string) =>
      context.issues.push({ code: "custom", path: [...path], message, input: body });
    const { needs, may } = TAKES[body.act];
    if (needs !== undefined && isVoid(given[needs])) refuse(["parameters", needs], `is what \`${body.act}\` needs`);
    for (const name of Object.keys(given)) {
      if (name !== needs && name !== may) refuse(["parameters", name], `is nothing that \`${body.act}\` takes`);
    }
    const filter = body.filter ?? null;
    const ids = body.ids ?? null;
    if ((filter === null) === (ids === null)) refuse(["filter"], "or `ids` must be there, and not both");
    if (filter !== null && (body.expected ?? null) === null)
      refuse(["expected"], "must say how many licenses the filter matches, as the list counts them");
    const which = filter === null ? { ids: [...new Set(ids ?? [])] } : { filter: filter.sent, wanted: filter.wanted };
    return { act: body.act, parameters: given, which, expected: body.expected ?? null };
  }),
);

function isVoid(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function sentIn(sent: Parameters): WantedJob["parameters"] {
  const { from, extensionLength, tags } = sent;
  return {
    ...(from === undefined || from === null ? {} : { from }),
    ...(extensionLength === undefined || extensionLength === null ? {} : { extensionLength }),
    ...(tags === undefined || tags === null ? {} : { tags }),
  };
}

export function jobResource(job: Job, sight: Sight) {
  const { id, act, state, why, total, done, failed, actor } = job;
  return {
    ...{ id, act, parameters: job.parameters, filter: filterShown(job.filter, sight) },
    ...{ state, why, total, done, failed, actor: seenActor(sight, actor) },
    startedAt: instant(job.startedAt),
    updatedAt: instant(job.updatedAt),
    endedAt: instantOrNull(job.endedAt),
  };
}

/** MGMT-7: an address, or a key, that somebody looked for. */
function filterShown(filter: JobFilter | null, sight: Sight): JobFilter | null {
  if (filter === null) return null;
  const read: Filters = readFilters(filter, KNOWN, () => undefined);
  return mayAsk(sight, "license", read) ? filter : null;
}

export function failureResource({ licenseId, refusal, at }: JobFailure) {
  const { code, detail } = problemOf(refusal);
  return { licenseId, code: codeIn("management", code), detail, at: instant(at) };
}
