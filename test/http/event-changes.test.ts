/** What is told of a change: in the event log, and in every delivery (EVT-1, HOOK-1). */

import { expect, it } from "vitest";
import { EVENT_TYPES, type Changes, type LeaseholdEvent } from "../../src/domain/license/event.ts";
import { changesResource } from "../../src/http/management/event/event-changes.ts";
import { redacted } from "../../src/registry/events/event-log.ts";
import { HIDDEN_MEMBERS } from "../../src/registry/events/hidden-members.ts";
import { envelope, type Sender } from "../../src/webhooks/wire/envelope.ts";

const SENDERS: readonly Sender[] = [
  { format: "json", source: "https://licenses.acme.test" },
  { format: "cloudevents", source: "https://licenses.acme.test" },
];
/** What the log leaves out and deliveries tell, as their `data` does. */
const PEOPLE: readonly string[] = ["email", "device", "hostname", "vmName", "firstName", "lastName", "company"];
/** The same, by names of their own. */
const DEVICE = { ipAddress: "location.ipAddress", deviceMetadata: "metadata" };
const BLANK = { before: null, after: null };

it("EVT-1: changes are told in the words of the resources, and what no resource shows is not told", () => {
  const [was, is] = ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z"];
  const changes = {
    ...{ contactAt: both(0, 1000), effectiveAt: both(null, 1000), previousTokenEndsAt: both(null, 1000) },
    ...{ pendingExtensionSeconds: both(0, 60), allowedActivations: both(1, 2), leaseExpiresAt: both(0, 1000) },
    tags: both([], [{ id: "t", name: "gold" }]),
    subscriptionInterval: both(null, { text: "P1M", months: 1, seconds: 0 }),
    ...{ email: null, revision: both(1, 2), voucher: both("a", "b"), constructor: both(1, 2) },
  };
  expect(changesResource(changes)).toEqual({
    ...{ lastSyncedAt: both(was, is), effectiveDate: both(null, is), previousTokenValidUntil: both(null, is) },
    ...{ pendingExtension: both(0, 60), allowedActivations: both(1, 2), leaseExpiresAt: both(was, is) },
    ...{ tags: both([], ["gold"]), subscriptionInterval: both(null, "P1M"), email: both(null, null) },
  });
});

it("EVT-1: secrets and keys are blank in deliveries, and that they changed is told; people are as in the resource", () => {
  const [was, is] = ["A-SECRET-OF-BEFORE", "A-SECRET-OF-NOW"];
  const hidden = [...HIDDEN_MEMBERS].filter((member) => !PEOPLE.includes(member) && !Object.hasOwn(DEVICE, member));
  expect(hidden).toContain("key");
  const told = changesResource(Object.fromEntries(hidden.map((member) => [member, both(was, is)])));
  expect(told).toEqual({ key: BLANK, url: BLANK, fingerprint: BLANK, owner: BLANK });

  const people = {
    ...Object.fromEntries(PEOPLE.map((member) => [member, both("Ada", "Grace")])),
    user: both({ id: "u", email: "ada@example.test" }, null),
  };
  expect(changesResource(people)).toEqual(people);
  for (const [member, shown] of Object.entries(DEVICE)) {
    expect(changesResource({ [member]: both("was", "is") })).toEqual({ [shown]: both("was", "is") });
    expect(changesResource(redacted({ [member]: both("was", "is") }) as Changes)).toEqual({ [shown]: BLANK });
  }
  // What comes from the log says as much of them as the log.
  expect(changesResource(redacted(people) as Changes)).toEqual({
    ...Object.fromEntries(PEOPLE.map((member) => [member, BLANK])),
    user: both({ id: "u", email: null }, null),
  });
});

it("EVT-1, HOOK-1: an event of any type carries its changes, in both formats, whole and from the log; no change is {}", () => {
  const cases: readonly (readonly [told: Changes, expected: object])[] = [
    [{}, {}],
    [{ suspended: both(false, true) }, { suspended: both(false, true) }],
    [
      { key: both("A-SECRET", "ANOTHER-SECRET"), notes: both("", "n") },
      { key: BLANK, notes: both("", "n") },
    ],
  ];
  for (const type of EVENT_TYPES) {
    for (const [changes, expected] of cases) {
      for (const isRedacted of [false, true]) {
        const event = eventOf(type, isRedacted ? (redacted(changes) as Changes) : changes);
        const data = { id: "s" };
        const told = { data, changes: changesResource(event.changes), isRedacted };
        const [json, cloud] = SENDERS.map((sender) => envelope(sender, event, told).body);
        expect(json).toMatchObject({ event: type, data, changes: expected });
        expect(json?.["changes"]).toEqual(expected);
        expect(cloud).toMatchObject({ type });
        expect(cloud?.["data"]).toEqual({ resource: data, changes: expected });
        // CloudEvents 1.0: an attribute is no object.
        const { data: _, ...attributes } = cloud ?? {};
        for (const attribute of Object.values(attributes)) expect(typeof attribute).not.toBe("object");
        expect(JSON.stringify([json, cloud])).not.toContain("SECRET");
      }
    }
  }
});

function both(before: unknown, after: unknown) {
  return { before, after };
}

function eventOf(type: LeaseholdEvent["type"], changes: Changes): LeaseholdEvent {
  const actor = { type: "token", id: "the shop" } as const;
  return {
    id: "e",
    type,
    at: 0,
    subjectId: "s",
    sequence: 1,
    actor,
    requestId: "r",
    changes,
    data: { key: "A-SECRET" },
  };
}
