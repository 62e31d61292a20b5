/** The queue of what must not overlap. */

import { describe, expect, it } from "vitest";
import { Lock } from "../../src/durable/lock.ts";

describe("a lock", () => {
  it("runs one after the other, in their order, also after one that failed", async () => {
    const lock = new Lock();
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = lock.hold(async () => {
      seen.push("first begins");
      await gate.promise;
      seen.push("first ends");
      throw new Error("no");
    });
    const second = lock.hold(async () => seen.push("second"));
    const third = lock.hold(async () => seen.push("third"));
    await Promise.resolve();
    expect(seen).toEqual(["first begins"]);
    gate.resolve();
    await expect(first).rejects.toThrow("no");
    expect(await Promise.all([second, third])).toEqual([3, 4]);
    expect(seen).toEqual(["first begins", "first ends", "second", "third"]);
  });
});
