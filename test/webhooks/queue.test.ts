/** The queue over Node's SQLite: its order, and that no question of it grows with what waits. */

import { describe, expect, it } from "vitest";

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import type { Sql } from "../../src/durable/sql.ts";
import { Tables } from "../../src/durable/tables.ts";
import { AttemptLog } from "../../src/webhooks/attempt-log.ts";
import { Queue } from "../../src/webhooks/queue.ts";
import { WEBHOOK_TABLES } from "../../src/webhooks/webhook-schema.ts";
import { nodeSql } from "../support/node-sql.ts";

const NOBODY: ReadonlySet<number> = new Set();

function event(id: string): LeaseholdEvent {
  const happened = { type: "license.created", at: 0, subjectId: "l", sequence: 1, requestId: "r" } as const;
  return { id, ...happened, actor: { type: "device" }, changes: {}, data: {} };
}

function filled(...ids: readonly string[]): { readonly queue: Queue; readonly sql: Sql } {
  const sql = nodeSql();
  new Tables(sql, WEBHOOK_TABLES).migrate();
  const queue = new Queue(sql);
  for (const id of ids) queue.add(event(id), JSON.stringify(event(id)), 10, false);
  return { queue, sql };
}

const idsOf = (rows: readonly { readonly event: LeaseholdEvent }[]) => rows.map((row) => row.event.id);

describe("the queue", () => {
  it("HOOK-2: is in the order of arrival, without those on their way", () => {
    const { queue } = filled("a", "b", "c", "d");
    expect(idsOf(queue.line(2, NOBODY))).toEqual(["a", "b"]);
    expect(idsOf(queue.line(2, new Set([1, 3])))).toEqual(["b", "d"]);
    expect(queue.line(0, NOBODY)).toEqual([]);
    expect(queue.last()).toBe(4);
  });

  it("HOOK-2: those aside come by their time, those given up not at all", () => {
    const { queue } = filled("a", "b", "c");
    queue.keep(1, { place: "aside", tries: 1, strikes: 1, dueAt: 200 });
    queue.keep(2, { place: "aside", tries: 1, strikes: 1, dueAt: 100 });
    queue.keep(3, { place: "given-up", tries: 10, strikes: 10, dueAt: 0 });
    expect(idsOf(queue.aside(5, NOBODY, 99))).toEqual([]);
    expect(idsOf(queue.aside(5, NOBODY, 100))).toEqual(["b"]);
    expect(idsOf(queue.aside(5, NOBODY, 200))).toEqual(["b", "a"]);
    expect(queue.line(5, NOBODY)).toEqual([]);
    expect(queue.waiting(NOBODY)).toEqual({ untried: false, inLine: false, asideAt: 100 });
    expect(queue.waiting(new Set([2]))).toEqual({ untried: false, inLine: false, asideAt: 200 });
  });

  it("HOOK-2: a probe is the one with the fewest tries, then the oldest", () => {
    const { queue } = filled("a", "b", "c");
    expect(queue.leastTried(NOBODY)?.event.id).toBe("a");
    queue.keep(1, { place: "in-line", tries: 1, strikes: 0, dueAt: 0 });
    expect(queue.leastTried(NOBODY)?.event.id).toBe("b");
    expect(queue.waiting(NOBODY)).toEqual({ untried: true, inLine: true, asideAt: null });
    expect(queue.waiting(new Set([2, 3]))).toEqual({ untried: false, inLine: true, asideAt: null });
  });

  it("HOOK-4: brings back in line what is not, in steps", () => {
    const { queue } = filled("a", "b", "c", "d");
    queue.keep(1, { place: "aside", tries: 1, strikes: 1, dueAt: 200 });
    queue.keep(3, { place: "given-up", tries: 10, strikes: 10, dueAt: 0 });
    expect(queue.outOfLine(0, 4, 1)).toEqual([{ seq: 1, place: "aside" }]);
    expect(queue.outOfLine(1, 4, 5)).toEqual([{ seq: 3, place: "given-up" }]);
    expect(queue.outOfLine(0, 2, 5)).toEqual([{ seq: 1, place: "aside" }]);
    queue.backInLine(1);
    expect(queue.one("a")).toMatchObject({ place: "in-line", tries: 0, strikes: 0 });
  });

  it("HOOK-4: answers every question by an index, however much waits", () => {
    const { sql } = filled();
    const asked: string[] = [];
    const watched: Sql = {
      rows: (query, ...bindings) => {
        asked.push(query);
        return sql.rows(query, ...bindings);
      },
    };
    const queue = new Queue(watched);
    queue.add(event("a"), JSON.stringify(event("a")), 10, false);
    queue.has("a");
    queue.one("a");
    queue.line(6, NOBODY);
    queue.aside(6, NOBODY, 0);
    queue.leastTried(NOBODY);
    queue.waiting(NOBODY);
    queue.last();
    queue.outOfLine(0, 9, 5);
    queue.keep(1, { place: "aside", tries: 1, strikes: 1, dueAt: 1 });
    queue.backInLine(1);
    queue.remove(1);
    const log = new AttemptLog(watched, 10);
    log.count("a");
    log.wasDelivered("a", 0);
    log.one("w", "a");
    for (const descending of [true, false]) {
      log.page("w", { descending, after: "x", most: 5, eventId: null, delivered: null });
      log.page("w", { descending, after: null, most: 5, eventId: "a", delivered: true });
    }
    expect(asked.length).toBeGreaterThan(15);
    for (const query of asked) {
      const plan = sql.rows(`EXPLAIN QUERY PLAN ${query}`, ...(query.match(/\?/g) ?? []).map(() => null));
      for (const { detail } of plan) expect(detail, query).toMatch(/USING|^SEARCH|SCALAR|LIST|CONSTANT/);
    }
  });
});
