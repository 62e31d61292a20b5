/** The OpenAPI document against the app that it describes. */

import { expect, it } from "vitest";
import { openapiDocument, unequal } from "../../scripts/openapi/document.ts";
import { writtenDocument } from "../../scripts/openapi/module.ts";

it("API-1: every route of the app is described, and everything that is described is a route", () => {
  expect(unequal()).toEqual([]);
});

it("API-1: the Worker carries the document that its routes make: else `npm run openapi`", () => {
  expect(JSON.parse(writtenDocument())).toEqual(openapiDocument());
});
