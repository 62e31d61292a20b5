/**
 * What a principal may see of a resource, and ask for (MGMT-7): people are `user:read`'s, license keys `license:read`'s
 * and devices `activation:read`'s, wherever they stand. Every answer that shows a resource goes through `seen`.
 */

import type { Actor } from "../../../domain/license/calls.ts";
import type { EventType } from "../../../domain/license/event.ts";
import type { Wanted } from "../../../registry/find/filter.ts";
import { Problem } from "../../problem.ts";
import { SCOPE_OF, type Scope, type Sight } from "../../scopes.ts";

type SubjectOf<Type extends string> = Type extends `${infer First}.${string}` ? First : never;
/** The kinds of resources, as events name them. */
export type Subject = SubjectOf<EventType>;

/** `person`: somebody as a whole, of whom the id stays. */
type Part = keyof Sight | "person";

/** The members of each resource that not everybody sees who may read it. */
export const PARTS: Readonly<Record<Subject, Readonly<Record<string, Part>>>> = {
  license: { key: "keys", user: "person" },
  activation: { email: "people", user: "person" },
  user: { name: "people", firstName: "people", lastName: "people", email: "people", company: "people" },
  product: {},
  licenseTemplate: {},
  trialPolicy: {},
  trialActivation: {},
  maintenancePolicy: {},
  feature: {},
  entitlementSet: {},
  tag: {},
  personalAccessToken: {},
  webhook: {},
};

/** What it takes to be sent all about a resource (HOOK-5); one that has no read scope takes its write scope. */
const READ: Readonly<Record<Subject, Scope>> = {
  license: "license:read",
  activation: "activation:read",
  user: "user:read",
  product: "product:read",
  licenseTemplate: "licenseTemplate:read",
  trialPolicy: "trialPolicy:read",
  trialActivation: "trialActivation:read",
  maintenancePolicy: "maintenancePolicy:read",
  feature: "feature:read",
  entitlementSet: "entitlementSet:read",
  tag: "tag:read",
  personalAccessToken: "personalAccessToken:write",
  webhook: "webhook:read",
};

/** The scopes without which a resource of this kind does not show as a whole. */
export function scopesOf(subject: Subject): readonly Scope[] {
  const parts = Object.values(PARTS[subject]).map((part) => SCOPE_OF[part === "person" ? "people" : part]);
  return [...new Set([READ[subject], ...parts])];
}

/** What of it a list can be filtered or searched by; `search` looks through the words of people, too. */
const ASKED: Readonly<Record<Subject, Readonly<Record<string, keyof Sight>>>> = {
  license: {
    key: "keys",
    "user.email": "people",
    "user.company": "people",
    "activation.lastSyncedAt": "devices",
    "activation.countryCode": "devices",
    search: "people",
  },
  activation: { "license.key": "keys", search: "people" },
  user: { email: "people", company: "people", "activation.appVersion": "devices", search: "people" },
  product: {},
  licenseTemplate: {},
  trialPolicy: {},
  trialActivation: {},
  maintenancePolicy: {},
  feature: {},
  entitlementSet: {},
  tag: {},
  personalAccessToken: {},
  webhook: {},
};

/** The resource, or its before and after, as `sight` shows it. */
export function seen<Resource extends object>(
  sight: Sight,
  subject: Subject,
  resource: Resource,
): { readonly [Member in keyof Resource]: Resource[Member] | null } {
  const shown: { [Member in keyof Resource]: Resource[Member] | null } = { ...resource };
  // Of a newer version's kind of resource, after a rollback, the log shows no more than its id.
  const parts = Object.hasOwn(PARTS, subject) ? PARTS[subject] : {};
  for (const [member, part] of Object.entries(parts)) {
    if (Object.hasOwn(resource, member))
      Reflect.set(shown, member, partSeen(sight, part, Reflect.get(resource, member)));
  }
  return shown;
}

function partSeen(sight: Sight, part: Part, value: unknown): unknown {
  if (part !== "person") return sight[part] ? value : null;
  if (sight.people || typeof value !== "object" || value === null) return value;
  return { id: Reflect.get(value, "id") };
}

/**
 * Who did it. A customer is a person like those that resources name; the vendor's own people are what the audit is
 * about.
 */
export function seenActor(sight: Sight, actor: Actor): SeenActor {
  const isShown = actor.type !== "customer" || sight.people;
  const by = "job" in actor ? { job: actor.job } : {};
  return { type: actor.type, id: isShown && "id" in actor ? actor.id : null, ...by };
}

interface SeenActor {
  readonly type: Actor["type"];
  readonly id: string | null;
  readonly job?: string | undefined;
}

/** The same of what an event changed. */
export function seenChanges<Change extends { readonly before: unknown; readonly after: unknown }>(
  sight: Sight,
  subject: Subject,
  changes: Readonly<Record<string, Change>>,
) {
  const side = (which: "before" | "after") =>
    seen<Record<string, unknown>>(
      sight,
      subject,
      Object.fromEntries(Object.entries(changes).map(([member, change]) => [member, change[which]])),
    );
  const [before, after] = [side("before"), side("after")];
  return Object.fromEntries(
    Object.keys(changes).map((member) => [member, { before: before[member], after: after[member] }]),
  );
}

/** Throws 403 for what would spell out by questions what is not shown. */
export function allow(sight: Sight, subject: Subject, wanted: Wanted): void {
  const [hidden] = hiddenIn(sight, subject, wanted);
  if (hidden !== undefined) throw lacking(hidden.part, hidden.member);
}

/** The same, as a question: whether this caller may see what was asked for. */
export function mayAsk(sight: Sight, subject: Subject, wanted: Wanted): boolean {
  return hiddenIn(sight, subject, wanted).length === 0;
}

function hiddenIn(sight: Sight, subject: Subject, { filters, search }: Wanted) {
  const asked = [...filters.map(({ member }) => member), ...(search === null ? [] : ["search"])];
  return asked.flatMap((member) => {
    const part = Object.hasOwn(ASKED[subject], member) ? ASKED[subject][member] : undefined;
    return part === undefined || sight[part] ? [] : [{ part, member }];
  });
}

/** The same for members of a PATCH that only compare (IN-2): whether one is right, it would tell. */
export function allowCompared(sight: Sight, subject: Subject, named: object): void {
  for (const member of Object.keys(named)) {
    const part = Object.hasOwn(PARTS[subject], member) ? PARTS[subject][member] : undefined;
    if (part === undefined) continue;
    const needed = part === "person" ? "people" : part;
    if (!sight[needed]) throw lacking(needed, member);
  }
}

function lacking(part: keyof Sight, member: string): Problem {
  return new Problem("FORBIDDEN", `The access token lacks the scope ${SCOPE_OF[part]}, which \`${member}\` takes.`);
}
