/** HOOK-1: what a receiver gets. */

import { expect, it } from "vitest";

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import { envelope } from "../../src/webhooks/wire/envelope.ts";

const EVENT: LeaseholdEvent = {
  id: "0190f0f0-0000-7000-8000-000000000001",
  type: "license.renewed",
  at: Date.UTC(2030, 0, 2, 3, 4, 5, 678),
  subjectId: "the license",
  sequence: 12,
  actor: { type: "device" },
  requestId: "request",
  changes: { expiresAt: { before: 1, after: 2 } },
  data: { internal: true },
};
const DATA = { id: "the license", expiresAt: null };
const CHANGES = { expiresAt: { before: null, after: "2030-01-02T03:04:05.678Z" } };
const TOLD = { data: DATA, changes: CHANGES, isRedacted: false };
const SOURCE = "https://licenses.acme.test";

it("HOOK-1: the plain body is Cryptlex's with changes, id and sequence, and nothing else of the event", () => {
  expect(envelope({ format: "json", source: SOURCE }, EVENT, TOLD)).toEqual({
    contentType: "application/json; charset=utf-8",
    body: {
      event: "license.renewed",
      data: DATA,
      changes: CHANGES,
      triggeredAt: "2030-01-02T03:04:05.678Z",
      id: EVENT.id,
      sequence: 12,
    },
  });
});

it("HOOK-1: on request it is a CloudEvent 1.0 in structured mode, with the sequence as text that sorts", () => {
  expect(envelope({ format: "cloudevents", source: SOURCE }, EVENT, TOLD)).toEqual({
    contentType: "application/cloudevents+json; charset=utf-8",
    body: {
      specversion: "1.0",
      id: EVENT.id,
      source: SOURCE,
      type: "license.renewed",
      subject: "the license",
      time: "2030-01-02T03:04:05.678Z",
      sequence: "0000000000000012",
      datacontenttype: "application/json",
      data: { resource: DATA, changes: CHANGES },
    },
  });
});

it.each(["json", "cloudevents"] as const)("HOOK-4: %s from the log says that it is redacted", (format) => {
  const sender = { format, source: SOURCE };
  const data = format === "json" ? DATA : { resource: DATA };
  expect(envelope(sender, EVENT, { ...TOLD, isRedacted: true }).body).toMatchObject({ redacted: true, data });
  expect(envelope(sender, EVENT, TOLD).body).not.toHaveProperty("redacted");
});
