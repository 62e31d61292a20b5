/** Every setting of the table, through HTTP: created, patched, given by a template, read back and filtered by. */

import { describe, expect, it } from "vitest";
import {
  PATCHED_SETTINGS,
  SETTING_NAMES,
  SETTINGS,
  TEMPLATE_SETTINGS,
  type Setting,
} from "../../src/domain/terms/settings.ts";
import { jsonOf, license, listOf, read, v3, type Json } from "../support/management.ts";

/** A value that is not the default. What is in the table but needs other members beside it stands here. */
const CHOSEN: Readonly<Record<string, unknown>> = {
  expirationStrategy: "delayed",
  validity: 86_400,
  leasingStrategy: "per-user",
};

const ENTRIES = { country: ["DE", "AT"], address: ["203.0.113.7", "2001:db8::/32"], range: ["203.0.113.0/24"] };

function otherThanDefault(name: string, setting: Setting): unknown {
  if (name in CHOSEN) return CHOSEN[name];
  switch (setting.kind) {
    case "flag":
      return !setting.default;
    case "choice":
      return setting.of.find((choice) => choice !== setting.default);
    case "text":
      return `${name} of one ${crypto.randomUUID()}`;
    case "version":
      return "2.10";
    case "list":
      return ENTRIES[setting.of];
    default:
      return setting.default + 77;
  }
}

function others(names: readonly (keyof typeof SETTINGS)[]): Json {
  return Object.fromEntries(names.map((name) => [name, otherThanDefault(name, SETTINGS[name])]));
}

describe("settings", () => {
  it("IN-1: PATCH of every setting that it changes is read back, and of all members with rules of their own", async () => {
    const created = await license({ validity: 86_400 });
    const user = await jsonOf(await v3("POST", "/users", { body: { email: "ada@settings.test" } }), 201);
    await jsonOf(await v3("POST", "/tags", { body: { name: "set" } }), 201);
    const another = await jsonOf(await v3("POST", "/products", { body: { name: "another" } }), 201);
    const values = {
      ...others(PATCHED_SETTINGS),
      key: "A-KEY-OF-SETTINGS",
      subscriptionInterval: "P2M",
      effectiveDate: "2020-01-01T00:00:00.000Z",
      licensedProductIds: [created.productId, another.id],
      tags: ["set"],
    };
    const metadata = [{ key: "k", value: "v", viewPermissions: ["user"] }];
    const patched = await jsonOf(
      await v3("PATCH", `/licenses/${created.id}`, { body: { ...values, metadata, userId: user.id } }),
      200,
    );
    const expected = { ...values, metadata: [expect.objectContaining(metadata[0])], user: { id: user.id } };
    expect(patched).toMatchObject(expected);
    expect(await read(`/licenses/${created.id}`)).toMatchObject(expected);
  });

  it("LIC-1: creation takes every setting, and shows it", async () => {
    const values = others(SETTING_NAMES);
    const created = await license({ ...values, seatRelease: "at-once" });
    expect(await read(`/licenses/${created.id}`)).toMatchObject({ ...values, seatRelease: "at-once" });
  });

  it("TPL-1: a template takes every setting that it may give, shows it and gives it", async () => {
    const values = others(TEMPLATE_SETTINGS);
    const template = await jsonOf(await v3("POST", "/license-templates", { body: { name: "all", ...values } }), 201);
    expect(template).toMatchObject(values);
    expect(await license({ licenseTemplateId: template.id })).toMatchObject(values);
  });

  it("MGMT-1: lists filter by every setting that the table says so of", async () => {
    const values = others(SETTING_NAMES);
    const created = await license({ ...values, seatRelease: "at-once" });
    for (const name of SETTING_NAMES) {
      const { filter }: Setting = SETTINGS[name];
      const query = `productId=${created.productId}&${name}=${encodeURIComponent(String(values[name]))}`;
      if (filter === null) expect((await v3("GET", `/licenses?${query}`)).status).toBe(400);
      else
        expect((await listOf(await v3("GET", `/licenses?${query}&limit=100`))).map(({ id }) => id)).toContain(
          created.id,
        );
    }
  });
});
