import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { isWebhookToken, newWebhookToken } from "../../src/tokens/webhook-token.ts";

/** base64 of this many bytes. */
function base64(bytes: number): string {
  return Buffer.alloc(bytes, 0xff).toString("base64");
}

describe("tokens of webhooks", () => {
  it("HOOK-1, ID-6: a made one has a prefix and 32 random bytes that the standard's library takes", () => {
    const made = Array.from({ length: 50 }, newWebhookToken);
    expect(new Set(made).size).toBe(50);
    for (const token of made) {
      expect(Buffer.from(token.replace(/^whsec_/, ""), "base64")).toHaveLength(32);
      expect(isWebhookToken(token)).toBe(true);
      expect(new Webhook(token).sign("id", new Date(0), "{}")).toMatch(/^v1,/);
    }
  });

  it("HOOK-1: whsec_ stands before base64 of 24 to 64 bytes; any other text is Cryptlex's", () => {
    for (const bytes of [24, 25, 26, 32, 64]) expect(isWebhookToken(`whsec_${base64(bytes)}`)).toBe(true);
    for (const bytes of [0, 1, 23, 65, 100]) expect(isWebhookToken(`whsec_${base64(bytes)}`)).toBe(false);
    for (const wrong of [
      "x",
      base64(25).replace(/=+$/, ""),
      `${base64(32)} `,
      base64(48).replaceAll("/", "_"),
      "====",
    ]) {
      expect(isWebhookToken(`whsec_${wrong}`)).toBe(false);
    }
    for (const text of ["0123456789abcdef", "a token with spaces", "é".repeat(256)]) {
      expect(isWebhookToken(text)).toBe(true);
    }
    // One spelling alone: the last letter's spare bits are zero.
    expect(isWebhookToken(`whsec_${base64(25).replace("/w==", "/x==")}`)).toBe(false);
  });

  it("HOOK-1: any other is 16 printable characters or more, and nothing that looks like whsec_", () => {
    const secret = base64(32);
    for (const text of [
      ...[
        "",
        "s",
        "0123456789abcde",
        " ".repeat(20),
        "\u200B".repeat(20),
        "0123456789abcdef\n",
        "0123456789\u0000abcdef",
      ],
      ...[`v1,whsec_${secret}`, `WHSEC_${secret}`, ` whsec_${secret}`, `Whsec_${secret}`, `"whsec_${secret}"`],
    ]) {
      expect([text, isWebhookToken(text)]).toEqual([text, false]);
    }
  });
});
