/** Which releases a license is for, over HTTP (REL-1, NET-1, NET-2), in the words of either API. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { activate as v3Activate, grantOf, sync } from "../support/clients-v3.ts";
import { jsonOf, license, listOf, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { documentOf, post } from "../support/shop.ts";

async function patched(id: unknown, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/licenses/${id}`, { body }), 200);
}

describe("maxAllowedReleaseVersion", () => {
  it("REL-1, NET-2: targetSoftwareVersion and releaseVersion are one, and a check says the same no", async () => {
    const sold = await license({ allowedActivations: 2, maxAllowedReleaseVersion: "1.9" });
    const asked = (version?: string) => ({
      ...{ activationCode: sold.key, fingerprint: "a device" },
      ...(version === undefined ? {} : { targetSoftwareVersion: version }),
    });
    for (const version of ["1.10", "2", undefined]) {
      const { action, detail } = await problemOf(await post("/license", asked(version)), 403, "version-not-allowed");
      expect(action).toBe("contact-vendor");
      expect(detail).toContain("up to 1.9");
      const told = version === undefined ? {} : { releaseVersion: version };
      await problemOf(await v3Activate(sold, told), 400, "RELEASE_VERSION_NOT_ALLOWED");
    }
    expect(await jsonOf(await post("/check", asked("1.10")), 200)).toMatchObject({
      ...{ valid: false, code: "version-not-allowed", action: "contact-vendor", standing: null, expiresAt: null },
    });
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 0, currentReleaseVersion: null });
    const { sessionId } = await documentOf(await post("/license", asked("1.8")));
    expect(await read(`/activations/${sessionId}`)).toMatchObject({ releaseVersion: "1.8" });
    const { aid } = await grantOf(sold, { fingerprint: "another", releaseVersion: "1.9" });
    await problemOf(
      await sync(sold, aid, { fingerprint: "another", releaseVersion: "1.9.1" }),
      400,
      "RELEASE_VERSION_NOT_ALLOWED",
    );
    const lifted = await patched(sold.id, { maxAllowedReleaseVersion: "" });
    expect(lifted).toMatchObject({ maxAllowedReleaseVersion: null, currentReleaseVersion: "1.9" });
    await jsonOf(await sync(sold, aid, { fingerprint: "another", releaseVersion: "2.0" }), 200);
    // IN-2: what moves by itself is sent back as it was read, and ignored.
    expect(await patched(sold.id, { ...lifted, notes: "read and sent back" })).toMatchObject({
      currentReleaseVersion: "2.0",
    });
    const [listed] = await listOf(await v3("GET", `/licenses?key=${sold.key}`));
    expect(listed).toMatchObject({ currentReleaseVersion: "2.0", notes: "read and sent back" });
    const row = await env.DB.prepare("SELECT current_release_version AS version FROM licenses WHERE id = ?")
      .bind(sold.id)
      .first();
    expect(row).toEqual({ version: "2.0" });
    const wrong = await v3("PATCH", `/licenses/${sold.id}`, { body: { maxAllowedReleaseVersion: "2" } });
    expect((await problemOf(wrong, 400, "INVALID_REQUEST")).errors).toMatchObject([
      { pointer: "/maxAllowedReleaseVersion" },
    ]);
  });
});
