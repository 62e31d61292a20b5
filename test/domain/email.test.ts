import { expect, it } from "vitest";

import { isSameEmail } from "../../src/domain/email.ts";

it("AUTH-4: e-mails compare without regard to case, and characters that only look alike are others", () => {
  expect(isSameEmail("Ada@Example.Test", "ada@example.TEST")).toBe(true);
  expect(isSameEmail("mi\u212Ae@example.test", "mike@example.test")).toBe(false);
  expect(isSameEmail("i\u0307d@example.test", "\u0130d@example.test")).toBe(false);
  expect(isSameEmail("ada+x@example.test", "ada@example.test")).toBe(false);
  expect(isSameEmail("ada@example.test.", "ada@example.test")).toBe(false);
});
