import { createCipheriv, createHmac, hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { locatorKeyInForce, openLocator } from "../../src/tokens/locator.ts";
import { openTagSeal } from "../../src/tokens/tag-seal.ts";
import { openWrapping } from "../../src/tokens/wrapping.ts";

const OLD = "4f9c2b7e1d8a6035c2e7b9f4a1d60e83";
const NEW = "another-7d1e0b9c85f3a264e7d8b1c0";
const PLAIN = new TextEncoder().encode("a private key");

describe("the locator", () => {
  it("ID-1: is the first 60 bits of the key's HMAC-SHA-256 under the locator key", async () => {
    const key = "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54";
    const locatorKey = Buffer.from(hkdfSync("sha256", OLD, "", "leasehold/locator-key/v1", 32));
    const locator = await openLocator(await locatorKeyInForce(OLD, null));
    expect(await locator.of(key)).toBe(createHmac("sha256", locatorKey).update(key).digest("hex").slice(0, 15));
  });

  it("CFG-3: stays when ROOT_SECRET changes and LOCATOR_KEY is set to the exported one", async () => {
    const exported = await locatorKeyInForce(OLD, null);
    expect(exported).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await locatorKeyInForce(NEW, exported)).toBe(exported);
    expect(await locatorKeyInForce(NEW, null)).not.toBe(exported);
  });

  it("CFG-1: has a check value that differs by key and is no license key's locator", async () => {
    const one = await openLocator(await locatorKeyInForce(OLD, null));
    const other = await openLocator(await locatorKeyInForce(NEW, null));
    expect(one.check).toBe((await openLocator(await locatorKeyInForce(OLD, null))).check);
    expect(one.check).not.toBe(other.check);
    expect(one.check).toMatch(/^[A-Za-z0-9_-]{12}$/);
    expect(Buffer.from(one.check, "base64url").toString("hex").slice(0, 15)).not.toBe(
      await one.of("leasehold/locator-check"),
    );
  });
});

describe("the seal of entity tags", () => {
  const DIGEST = createHmac("sha256", "").update("a state").digest("hex").slice(0, 32);

  it("MGMT-7: is one block of AES-256 under a key derived from the locator key, and opens again", async () => {
    const locatorKey = await locatorKeyInForce(OLD, null);
    const key = Buffer.from(hkdfSync("sha256", locatorKey, "", "leasehold/entity-tags/v1", 32));
    const block = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false).update(DIGEST, "hex", "hex");
    const seal = await openTagSeal(locatorKey);
    expect(await seal.close(DIGEST)).toBe(block);
    expect(await seal.close(DIGEST)).toBe(block);
    expect(await seal.open(block)).toBe(DIGEST);
    for (let value = 0; value < 300; value += 1) {
      const digest = value.toString(16).padStart(32, "0");
      expect(await seal.open(await seal.close(digest))).toBe(digest);
    }
  });

  it("MGMT-7, CFG-3: is another under another key, and stays when ROOT_SECRET changes", async () => {
    const [one, other] = [await locatorKeyInForce(OLD, null), await locatorKeyInForce(NEW, null)];
    const tag = await (await openTagSeal(one)).close(DIGEST);
    expect(await (await openTagSeal(other)).close(DIGEST)).not.toBe(tag);
    expect(await (await openTagSeal(other)).open(tag)).not.toBe(DIGEST);
    expect(await (await openTagSeal(await locatorKeyInForce(NEW, one))).open(tag)).toBe(DIGEST);
  });

  it("MGMT-3: what is no tag opens to nothing", async () => {
    const seal = await openTagSeal(await locatorKeyInForce(OLD, null));
    for (const text of ["", "é", "*", DIGEST.slice(1), `${DIGEST}0`, DIGEST.toUpperCase(), `g${DIGEST.slice(1)}`])
      expect(await seal.open(text)).toBeNull();
  });
});

describe("wrapping", () => {
  it("CFG-3: every ciphertext names its wrapping key, and reads try both", async () => {
    const before = await openWrapping(OLD, null);
    const wrapped = await before.encrypt(PLAIN, "signing-key:a");
    expect(wrapped.wrappingKey).toBe(before.keyId);

    const rotating = await openWrapping(NEW, OLD);
    expect(rotating.previousKeyId).toBe(before.keyId);
    expect(await rotating.decrypt(wrapped, "signing-key:a")).toEqual(PLAIN);
    const rewrapped = await rotating.encrypt(PLAIN, "signing-key:a");
    expect(rewrapped.wrappingKey).toBe(rotating.keyId);
    expect(rotating.keyId).not.toBe(before.keyId);

    const after = await openWrapping(NEW, null);
    expect(await after.decrypt(rewrapped, "signing-key:a")).toEqual(PLAIN);
    expect(await after.decrypt(wrapped, "signing-key:a")).toBeNull();
  });

  it("TOK-4: encrypts the same text differently each time", async () => {
    const wrapping = await openWrapping(OLD, null);
    const one = await wrapping.encrypt(PLAIN, "c");
    const other = await wrapping.encrypt(PLAIN, "c");
    expect(one.ciphertext).not.toBe(other.ciphertext);
    expect(Buffer.from(one.ciphertext, "base64url").length).toBe(12 + PLAIN.length + 16);
  });

  it("TOK-4: opens in its own context alone", async () => {
    const wrapping = await openWrapping(OLD, null);
    const wrapped = await wrapping.encrypt(PLAIN, "signing-key:a");
    expect(await wrapping.decrypt(wrapped, "signing-key:b")).toBeNull();
  });

  it.each(["", "!", "AAAA", "A".repeat(100)])("TOK-4: answers nothing for the ciphertext %j", async (ciphertext) => {
    const wrapping = await openWrapping(OLD, null);
    expect(await wrapping.decrypt({ wrappingKey: wrapping.keyId, ciphertext }, "c")).toBeNull();
  });

  it("TOK-4: notices every changed byte", async () => {
    const wrapping = await openWrapping(OLD, null);
    const wrapped = await wrapping.encrypt(PLAIN, "c");
    const bytes = Buffer.from(wrapped.ciphertext, "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(await wrapping.decrypt({ ...wrapped, ciphertext: changed.toString("base64url") }, "c")).toBeNull();
    }
  });

  it("CFG-1: the wrapping key's id is neither the key nor the locator key", async () => {
    const wrapping = await openWrapping(OLD, null);
    const key = Buffer.from(hkdfSync("sha256", OLD, "", "leasehold/wrapping-key/v1", 32)).toString("base64url");
    expect(key.startsWith(wrapping.keyId)).toBe(false);
    expect((await locatorKeyInForce(OLD, null)).startsWith(wrapping.keyId)).toBe(false);
  });
});
