import { describe, expect, it, vi } from "vitest";
import { FreshMap, type Moment } from "../../src/tokens/fresh-map.ts";

/** A storage that counts, can fail, and answers when it is told to. */
class Storage {
  loads = 0;
  value = "a";
  broken = false;
  /** While set, loads wait for it. */
  gate: Promise<void> | null = null;

  async load(): Promise<string> {
    this.loads += 1;
    const { value } = this;
    await this.gate;
    if (this.broken) throw new Error("storage is down");
    return value;
  }
}

const background: Promise<unknown>[] = [];

function at(seconds: number): Moment {
  return { now: seconds * 1000, waitUntil: (work) => void background.push(work) };
}

/** Lets everything begun in the background end. */
async function settle(): Promise<void> {
  await Promise.all(background.splice(0));
}

const KEYS = { refreshFromMs: 30_000, reloadFromMs: 60_000, servedUntilMs: 60_000, limit: 3 };
const TEXTS = { ...KEYS, servedUntilMs: Number.POSITIVE_INFINITY };

function valueOf(fresh: Awaited<ReturnType<FreshMap<string>["get"]>>): string | null {
  return fresh.ok ? fresh.value : null;
}

describe("a copy with a stated age", () => {
  it("TOK-4: is loaded once, however many ask for it cold", async () => {
    const storage = new Storage();
    const map = new FreshMap(KEYS, () => storage.load());
    const answers = await Promise.all(Array.from({ length: 20 }, () => map.get("x", at(0))));
    expect(answers.map(valueOf)).toEqual(Array.from({ length: 20 }, () => "a"));
    expect(storage.loads).toBe(1);
  });

  it("TOK-4: is served without a load until 30 s, then served and refreshed once in the background", async () => {
    const storage = new Storage();
    const map = new FreshMap(KEYS, () => storage.load());
    await map.get("x", at(0));
    storage.value = "b";
    expect(valueOf(await map.get("x", at(29.999)))).toBe("a");
    expect(storage.loads).toBe(1);
    expect(valueOf(await map.get("x", at(30)))).toBe("a");
    expect(valueOf(await map.get("x", at(30)))).toBe("a");
    await settle();
    expect(storage.loads).toBe(2);
    expect(valueOf(await map.get("x", at(31)))).toBe("b");
  });

  it("TOK-4, HOT-1: what was read beforehand serves the first call, with the age that it has", async () => {
    const storage = new Storage();
    const map = new FreshMap(KEYS, () => storage.load());
    let made = 0;
    const make = async () => `seed ${(made += 1)}`;
    for (const id of ["x", "late"]) map.seed(id, 0, make);
    const answers = await Promise.all([map.get("x", at(20)), map.get("x", at(20))]);
    expect(answers).toEqual(Array.from({ length: 2 }, () => ({ ok: true, value: "seed 1", loadedAt: 0 })));
    expect([storage.loads, made]).toEqual([0, 1]);
    // Ten seconds later it is thirty seconds old: served, and loaded anew.
    expect(valueOf(await map.get("x", at(30)))).toBe("seed 1");
    await settle();
    expect(valueOf(await map.get("x", at(31)))).toBe("a");
    // What was not asked for while it was fresh is as if it had never been read.
    expect(await map.get("late", at(30))).toEqual({ ok: true, value: "a", loadedAt: 30_000 });
    expect([storage.loads, made]).toEqual([2, 1]);
  });

  it("TOK-4: what was read beforehand and is not to be kept, or cannot be made, is loaded by the next call", async () => {
    const storage = new Storage();
    const map = new FreshMap<string>(
      KEYS,
      () => storage.load(),
      (value) => value !== "gone",
    );
    map.seed("x", 0, () => "gone");
    map.seed("y", 0, () => Promise.reject(new Error("no such key")));
    expect(valueOf(await map.get("x", at(1)))).toBe("gone");
    expect(await map.get("y", at(1))).toEqual({ ok: false });
    expect([valueOf(await map.get("x", at(1))), valueOf(await map.get("y", at(1)))]).toEqual(["a", "a"]);
  });

  it("TOK-4: is never served at 60 s or later without a load", async () => {
    const storage = new Storage();
    const map = new FreshMap(KEYS, () => storage.load());
    await map.get("x", at(0));
    storage.value = "b";
    expect(valueOf(await map.get("x", at(60)))).toBe("b");
  });

  it("TOK-4: goes on through a failing storage until 60 s, then is refused, and comes back", async () => {
    const storage = new Storage();
    const map = new FreshMap(KEYS, () => storage.load());
    await map.get("x", at(0));
    storage.broken = true;
    for (const second of [30, 45, 59.999]) expect(valueOf(await map.get("x", at(second)))).toBe("a");
    await settle();
    expect(await map.get("x", at(60))).toEqual({ ok: false });
    expect(await map.get("x", at(100))).toEqual({ ok: false });
    storage.broken = false;
    expect(valueOf(await map.get("x", at(101)))).toBe("a");
  });

  it("SNAP-1: product texts are served stale for as long as the storage fails, trying every other second", async () => {
    const storage = new Storage();
    const map = new FreshMap(TEXTS, () => storage.load());
    await map.get("x", at(0));
    storage.broken = true;
    for (const second of [60, 60.5, 61, 61.5]) expect(valueOf(await map.get("x", at(second)))).toBe("a");
    expect(storage.loads).toBe(2);
    expect(valueOf(await map.get("x", at(86_400)))).toBe("a");
    storage.broken = false;
    storage.value = "b";
    expect(valueOf(await map.get("x", at(86_402)))).toBe("b");
  });

  it("TOK-4: a failed cold load is an answer, and no obstacle to the next", async () => {
    const storage = new Storage();
    storage.broken = true;
    const map = new FreshMap(KEYS, () => storage.load());
    expect(await map.get("x", at(0))).toEqual({ ok: false });
    storage.broken = false;
    expect(valueOf(await map.get("x", at(0)))).toBe("a");
  });

  it("TOK-4: nobody waits for ever for a load that never ends, and a later one is not held up", async () => {
    vi.useFakeTimers();
    try {
      const storage = new Storage();
      storage.gate = new Promise(() => {});
      const map = new FreshMap(KEYS, () => storage.load());
      const first = map.get("x", at(0));
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await first).toEqual({ ok: false });
      storage.gate = null;
      expect(valueOf(await map.get("x", at(5)))).toBe("a");
    } finally {
      vi.useRealTimers();
    }
  });

  it("TOK-4: a load that ends after its successor does not bring the old state back", async () => {
    const storage = new Storage();
    const gate = Promise.withResolvers<void>();
    storage.gate = gate.promise;
    const map = new FreshMap(KEYS, () => storage.load());
    const slow = map.get("x", at(0));
    storage.gate = null;
    storage.value = "b";
    expect(valueOf(await map.get("x", at(5)))).toBe("b");
    gate.resolve();
    expect(valueOf(await slow)).toBe("a");
    expect(valueOf(await map.get("x", at(6)))).toBe("b");
  });

  it("TOK-4: keeps a bounded number of copies and drops the least recently used", async () => {
    const storage = new Storage();
    const map = new FreshMap(KEYS, () => storage.load());
    for (const id of ["1", "2", "3", "1", "4"]) await map.get(id, at(0));
    expect(["1", "2", "3", "4"].map((id) => map.has(id))).toEqual([true, false, true, true]);
  });
});
