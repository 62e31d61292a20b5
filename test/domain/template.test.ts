import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newTerms, type NewLicense } from "../../src/domain/license/creation.ts";
import { endAt } from "../../src/domain/terms/expiry.ts";
import { patchLicense } from "../../src/domain/license/patch.ts";
import { templateRefusal, withTemplate, type TemplateMembers } from "../../src/domain/license/template.ts";
import { CREATED, DAY, invalid, MONTHLY, PRODUCT, refusal, value, view } from "./samples.ts";

const VOID = { text: null, months: 0, seconds: 0 };

const made = (body: Partial<NewLicense>, template: TemplateMembers) =>
  newTerms(withTemplate({ productId: PRODUCT, ...body }, template), CREATED);
const terms = (body: Partial<NewLicense>, template: TemplateMembers) => value(made(body, template));
const item = (key: string) => ({ id: key, key, value: "v", viewPermissions: [] });

const plain = fc.record(
  {
    type: fc.constantFrom("node-locked" as const, "hosted-floating" as const, null),
    allowedActivations: fc.option(fc.integer({ min: -1, max: 9 })),
    leaseDuration: fc.option(fc.integer({ min: -1, max: 9 })),
    requireAuthentication: fc.option(fc.boolean()),
    duplicateActivation: fc.constantFrom("resume" as const, "reject" as const, null),
  },
  { requiredKeys: [] },
);

describe("licenses from templates", () => {
  it("TPL-1: body over template over defaults, member by member", () => {
    fc.assert(
      fc.property(plain, plain, (body, template) => {
        const both = { ...template, ...Object.fromEntries(Object.entries(body).filter(([, given]) => given !== null)) };
        expect(terms(body, template)).toEqual(terms(both, {}));
      }),
    );
    expect(terms({}, {})).toEqual(value(newTerms({ productId: PRODUCT }, CREATED)));
  });

  it("TPL-1: a body's period replaces the template's, a void one too; a fixed end goes beside it", () => {
    const monthly: TemplateMembers = { subscriptionInterval: MONTHLY };
    expect(terms({}, monthly)).toMatchObject({ subscriptionInterval: MONTHLY.text, validity: 0 });
    expect(terms({ subscriptionInterval: null, validity: null }, monthly).period).not.toBeNull();
    expect(terms({ validity: 60 }, monthly)).toMatchObject({ subscriptionInterval: null, validity: 60 });
    expect(terms({ subscriptionInterval: MONTHLY }, { validity: 60 })).toMatchObject({
      subscriptionInterval: MONTHLY.text,
      validity: 0,
    });
    for (const none of [{ validity: 0 }, { subscriptionInterval: VOID }])
      expect(terms(none, monthly)).toMatchObject({ period: null, end: null });
    const fixed = terms({ expiresAt: CREATED + DAY }, monthly);
    expect(fixed).toMatchObject({ subscriptionInterval: MONTHLY.text, end: endAt(CREATED + DAY) });
    expect(refusal(made({ expiresAt: CREATED + DAY }, { expirationStrategy: "rolling" }))).toEqual(
      invalid("/expiresAt"),
    );
  });

  it("TPL-1: metadata that the template requires is there from the beginning, and stays", () => {
    const template: TemplateMembers = { requiredMetadataKeys: ["order", "shop"] };
    expect(refusal(made({ metadata: [item("shop")] }, template))).toEqual(invalid("/metadata"));
    const made2 = terms({ metadata: [item("shop"), item("order"), item("more")] }, template);
    const license = { ...view({}), terms: made2 };
    const patched = (keys: readonly string[]) =>
      patchLicense(license, { metadata: keys.map(item) }, 0, () => "new", CREATED + DAY);
    expect(refusal(patched(["order"]))).toEqual(invalid("/metadata"));
    const drop = (dropsMetadata: string) => patchLicense(license, { dropsMetadata }, 0, () => "new", CREATED + DAY);
    expect(refusal(drop("order"))).toEqual(invalid("/metadata"));
    expect(value(drop("more")).license.terms.metadata).toHaveLength(2);
    expect(value(patched(["order", "shop"])).license.terms).toMatchObject({ requiredMetadataKeys: ["order", "shop"] });
    expect(Object.keys(value(patched(["order", "shop"])).changes)).toEqual(["metadata"]);
    expect(terms({}, {})).toMatchObject({ requiredMetadataKeys: [] });
  });

  it.each<readonly [TemplateMembers, string]>([
    [{ expirationStrategy: "rolling", type: "hosted-floating" }, "/expirationStrategy"],
    [{ validity: 60, subscriptionInterval: MONTHLY }, "/subscriptionInterval"],
    [{ subscriptionInterval: { text: "P101Y", months: 1212, seconds: 0 } }, "/subscriptionInterval"],
    [{ seatRelease: "after-token", serverSyncGracePeriod: -1 }, "/seatRelease"],
    [{ keyPattern: "[A-Z]{4}" }, "/keyPattern"],
    [{ requiredMetadataKeys: ["a", "b", "a"] }, "/requiredMetadataKeys/2"],
  ])("TPL-1: %j could never make a license: refused at %s", (template, pointer) => {
    expect(templateRefusal(template, CREATED)).toEqual(invalid(pointer));
  });

  it("TPL-1: everything else may be a template, an empty one too", () => {
    for (const template of [
      {},
      { type: "hosted-floating", leaseDuration: 60, seatRelease: "after-token" },
      {
        requiredMetadataKeys: ["a"],
        keyPattern: "^([A-F0-9]{6}-){5}[A-F0-9]{6}$",
        validity: 0,
        allowedActivations: null,
      },
    ] satisfies TemplateMembers[])
      expect(templateRefusal(template, CREATED)).toBeNull();
  });
});
