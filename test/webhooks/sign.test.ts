/** HOOK-1: signatures, verified by somebody else's code. */

import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";

import { signatureHeaders } from "../../src/webhooks/wire/sign.ts";

const NOW = Date.now();
const BODY = JSON.stringify({ event: "license.created", data: { name: "Bücher & 日本" } });
const SENT = { id: "0190-event", now: NOW, body: BODY };
const NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

function cryptlex(token: string): string {
  return createHmac("sha256", token).update(BODY).digest("base64");
}

describe("signatures", () => {
  it("HOOK-1: a whsec_ token signs as Standard Webhooks", async () => {
    const headers = await signatureHeaders({ token: NEW, previous: null }, SENT);
    expect(headers).toMatchObject({ "webhook-id": SENT.id, "webhook-timestamp": String(Math.floor(NOW / 1000)) });
    expect(new Webhook(NEW).verify(BODY, headers)).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(OLD).verify(BODY, headers)).toThrow();
    expect(() => new Webhook(NEW).verify(`${BODY} `, headers)).toThrow();
    expect(() => new Webhook(NEW).verify(BODY, { ...headers, "webhook-id": "another" })).toThrow();
  });

  it("HOOK-1: any other token signs by Cryptlex's scheme", async () => {
    for (const token of ["a", "any token", "schlüssel", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]) {
      expect(await signatureHeaders({ token, previous: null }, SENT)).toEqual({
        "webhook-id": SENT.id,
        "webhook-timestamp": String(Math.floor(NOW / 1000)),
        "webhook-signature": cryptlex(token),
      });
    }
  });

  it("HOOK-1: a whsec_ token that is no base64 is no secret of Standard Webhooks", async () => {
    for (const token of ["whsec_", "whsec_not base64!", "whsec_ä"]) {
      const headers = await signatureHeaders({ token, previous: null }, SENT);
      expect(headers["webhook-signature"]).toBe(cryptlex(token));
    }
  });

  it("HOOK-1: while a replaced secret is valid both verify, and not a moment longer", async () => {
    const secrets = { token: NEW, previous: { token: OLD, endsAt: NOW + 1 } };
    const during = await signatureHeaders(secrets, SENT);
    expect(during["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const secret of [NEW, OLD]) expect(new Webhook(secret).verify(BODY, during)).toEqual(JSON.parse(BODY));
    const after = await signatureHeaders(secrets, { ...SENT, now: NOW + 1 });
    expect(new Webhook(NEW).verify(BODY, after)).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(OLD).verify(BODY, after)).toThrow();
  });

  it("HOOK-1: Cryptlex's header has room for one, so the replaced token's is beside it", async () => {
    const secrets = { token: "new", previous: { token: "old", endsAt: NOW + 1 } };
    const headers = await signatureHeaders(secrets, SENT);
    expect(headers).toMatchObject({
      "webhook-signature": cryptlex("new"),
      "webhook-signature-previous": cryptlex("old"),
    });
    expect(await signatureHeaders(secrets, { ...SENT, now: NOW + 1 })).not.toHaveProperty("webhook-signature-previous");
  });

  it("HOOK-1: from one scheme to the other each gets what it needs", async () => {
    const to = await signatureHeaders({ token: NEW, previous: { token: "old", endsAt: NOW + 1 } }, SENT);
    expect(new Webhook(NEW).verify(BODY, to)).toEqual(JSON.parse(BODY));
    expect(to["webhook-signature-previous"]).toBe(cryptlex("old"));
    const from = await signatureHeaders({ token: "new", previous: { token: OLD, endsAt: NOW + 1 } }, SENT);
    expect(from["webhook-signature"]).toBe(cryptlex("new"));
    const old = { ...from, "webhook-signature": from["webhook-signature-previous"] ?? "" };
    expect(new Webhook(OLD).verify(BODY, old)).toEqual(JSON.parse(BODY));
  });
});
