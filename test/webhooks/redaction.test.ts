/** What the event log leaves out of an event (EVT-3). */

import { expect, it } from "vitest";
import { redacted } from "../../src/registry/events/event-log.ts";

it("EVT-3: secrets and what tells which device or person it was are null, however deep; the rest stays", () => {
  const user = { id: "u", email: "ada@example.test", emailLower: "ada@example.test", emailFolded: "ada@example.test" };
  const metadata = [{ id: "m", key: "order", value: "7" }];
  const data = {
    ...{ id: "l", key: "a secret key", url: "https://secret.test", fingerprint: "f", owner: { subject: "s" } },
    terms: { notes: "n", allowedActivations: 2, user: { ...user, firstName: "Ada", name: "Ada" }, metadata },
    ...{ limit: 2, used: 2, folded: '[["word","ada"]]', wrappingKey: "w", hash: "h" },
  };
  expect(redacted(data)).toEqual({
    ...{ id: "l", key: null, url: null, fingerprint: null, owner: null },
    terms: {
      ...{ notes: "n", allowedActivations: 2, metadata },
      user: { id: "u", email: null, emailLower: null, emailFolded: null, firstName: null, name: null },
    },
    ...{ limit: 2, used: 2, folded: null, wrappingKey: null, hash: null },
  });
});
